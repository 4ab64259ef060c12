import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { trainForwardArrays } from '../helpers/forward.js';
import { random, SEED } from '../helpers/random.js';
import { graphOf, inputsOf, int8GraphOf } from './helpers.js';

const op = 'relu';

t.test('f32', async (t) => {
  const graph = graphOf({ op, inputs: [[4]] });
  t.same([...runReference(graph, [Float32Array.of(-1, 0, 5.5, 7)])[0]], [0, 0, 5.5, 7]);
});

t.test('int8 clamps stored values at zero point', async (t) => {
  const q = { scale: 0.5, zeroPoint: -20 };
  const graph = int8GraphOf({ op, inputs: [[5]], inputQuantization: [q], outputQuantization: q });
  t.same([...runReference(graph, [Int8Array.of(-128, -21, -20, -9, 127)])[0]], [-20, -20, -20, -9, 127]);
});

t.test(`training forward gives the same values (SEED=${SEED})`, async (t) => {
  const r = random();
  const graph = graphOf({ op, inputs: [[5, 4, 3]] });
  const inputs = (inputsOf(graph, r) as Float32Array[]).map((x) => x.map((value) => 5 * value));
  t.same(trainForwardArrays(graph, inputs), runReference(graph, inputs));
});
