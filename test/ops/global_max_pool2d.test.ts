import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { trainForwardArrays } from '../helpers/forward.js';
import { random, SEED } from '../helpers/random.js';
import { graphOf, inputsOf, int8GraphOf } from './helpers.js';

const op = 'global_max_pool2d';

t.test('a hand-computed example', async (t) => {
  const graph = graphOf({ op, inputs: [[1, 3, 2]] });
  t.same([...runReference(graph, [Float32Array.of(-1, 5, -2, 7, -3, 6)])[0]], [-1, 7]);
  const q = { scale: 0.25, zeroPoint: 9 };
  const int8 = int8GraphOf({ op, inputs: [[3, 1, 2]], inputQuantization: [q], outputQuantization: q });
  t.same([...runReference(int8, [Int8Array.of(-128, 5, -127, 7, -128, 6)])[0]], [-127, 7]);
});

t.test(`training forward gives the same values (SEED=${SEED})`, async (t) => {
  const r = random();
  for (let i = 0; i < 20; i++) {
    const shape = [r.int(1, 6), r.int(1, 6), r.int(1, 6)];
    const graph = graphOf({ op, inputs: [shape] });
    const inputs = inputsOf(graph, r) as Float32Array[];
    t.same(trainForwardArrays(graph, inputs), runReference(graph, inputs), `[${shape}]`);
  }
});
