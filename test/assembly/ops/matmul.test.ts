import t from 'tap';
import { elements } from '../../../src/graph/graph.js';
import { runReference } from '../../../src/reference/run.js';
import { random } from '../../helpers/random.js';
import { compareWithReference } from '../compare.js';
import { graphOf, randomValues, tensor } from '../models.js';

/** m, n, k, leading axes of a and of b. */
const CASES: [number, number, number, number[], number[]][] = [
  [1, 1, 1, [], []],
  [1, 8, 3, [], []],
  [4, 8, 16, [], []],
  [5, 9, 7, [], []],
  [3, 17, 2, [2], [2]],
  [2, 3, 5, [2, 3], [3]],
  [6, 4, 3, [1], [2, 2]],
  [7, 2, 1, [2, 1, 3], [4, 1]],
];

for (const transpose_a of [0, 1]) {
  for (const transpose_b of [0, 1]) {
    t.test(`matmul, transposed: ${transpose_a} and ${transpose_b}`, async (t) => {
      const r = random();
      for (const [m, n, k, left, right] of CASES) {
        const a = tensor('a', [...left, ...(transpose_a ? [k, m] : [m, k])], 'f32', r);
        const b = tensor('b', [...right, ...(transpose_b ? [n, k] : [k, n])], 'f32', r);
        const attributes = { transpose_a, transpose_b };
        const graph = graphOf([a, b], [{ name: 'y', op: 'matmul', inputs: ['a', 'b'], attributes }]);
        const inputs = [a, b].map((x) => randomValues(x, r));
        const [sums] = runReference(
          graph,
          inputs.map((x) => x.map(Math.abs)),
        );
        const bound = Float64Array.from(sums, (v) => 2 * (k + 2) * 2 ** -24 * v);
        const what = `[${a.shape}] x [${b.shape}], ${elements(a.shape)} numbers`;
        compareWithReference(t, what, graph, r, [bound], inputs);
      }
    });
  }
}
