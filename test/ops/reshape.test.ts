import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { trainForwardArrays } from '../helpers/forward.js';
import { random } from '../helpers/random.js';
import { graphOf, inputsOf, int8GraphOf } from './helpers.js';

const op = 'reshape';

t.test('values keep their order, in a copy', async (t) => {
  const graph = graphOf({ op, inputs: [[2, 3, 4]], output: [4, 6] });
  const inputs = inputsOf(graph, random()) as Float32Array[];
  const [y] = runReference(graph, inputs);
  t.same(y, inputs[0]);
  t.not(y, inputs[0]);
  t.same(trainForwardArrays(graph, inputs), inputs);
});

t.test('int8', async (t) => {
  const q = { scale: 0.5, zeroPoint: 1 };
  const spec = { op, inputs: [[1, 2, 2]], output: [4], inputQuantization: [q], outputQuantization: q };
  t.same([...runReference(int8GraphOf(spec), [Int8Array.of(1, -2, 3, -4)])[0]], [1, -2, 3, -4]);
});

t.test('the number of values must stay', async (t) => {
  t.throws(() => graphOf({ op, inputs: [[2, 3]], output: [5] }), /expected \[6\], got \[5\]/);
});
