/** gather, gather_nd and interpolate. */
import t from 'tap';
import { elements } from '../../../src/graph/graph.js';
import { random } from '../../helpers/random.js';
import { compareWithReference } from '../compare.js';
import { graphOf, plainWeight, randomValues, tensor } from '../models.js';

for (const dtype of ['i8', 'f32'] as const) {
  t.test(`gather, ${dtype}, also by indices that are not there`, async (t) => {
    const r = random();
    for (const [shape, indices, axis] of [
      [[5], [], 0],
      [[5, 3], [7], 0],
      [[4, 6, 17], [2, 3], 1],
      [[3, 5], [4, 1, 2], 1],
      [[2, 1, 2, 3], [3, 1, 2], 2],
    ] as [number[], number[], number][]) {
      const x = tensor('x', shape, dtype, r);
      const at = tensor('at', indices, 'f32', r);
      const { quantization } = x;
      const plan = { name: 'y', op: 'gather', inputs: ['x', 'at'], attributes: { axis } };
      const graph = graphOf([x, at], [{ ...plan, output: { dtype, quantization } }]);
      const values = Float32Array.from({ length: elements(indices) }, () =>
        r.pick([NaN, 1e30, -1e30, Infinity, 0.7, -1, r.int(-9, 9), r.int(0, shape[axis] - 1)]),
      );
      compareWithReference(t, `[${shape}] [${indices}]`, graph, r, undefined, [randomValues(x, r), values]);
    }
  });
}

t.test('gather_nd', async (t) => {
  const r = random();
  for (const [shape, indices] of [
    [[5], [1]],
    [
      [5, 3],
      [7, 1],
    ],
    [
      [4, 6, 5],
      [2, 3, 2],
    ],
    [[2, 1, 2, 3], [4]],
  ]) {
    const [x, at] = [tensor('x', shape, 'f32', r), tensor('at', indices, 'f32', r)];
    const graph = graphOf([x, at], [{ name: 'y', op: 'gather_nd', inputs: ['x', 'at'] }]);
    const values = Float32Array.from({ length: elements(indices) }, () =>
      r.pick([NaN, -1e9, 1e9, r.int(-7, 7)]),
    );
    compareWithReference(
      t,
      `[${shape}] [${indices}]`,
      graph,
      r,
      [new Float64Array(200)],
      [randomValues(x, r), values],
    );
  }
});

t.test('interpolate is the same to the bit', async (t) => {
  const r = random();
  for (const [shape, axis, n] of [
    [[5], 0, 9],
    [[4, 6, 3], 0, 8],
    [[4, 6, 17], 1, 13],
    [[2, 3, 5], 2, 4],
  ] as [number[], number, number][]) {
    const index = (): Int32Array => Int32Array.from({ length: n }, () => r.int(0, shape[axis] - 1));
    const weights = {
      lower: plainWeight([n], index(), 'i32'),
      upper: plainWeight([n], index(), 'i32'),
      fraction: plainWeight(
        [n],
        Float32Array.from({ length: n }, () => r.next()),
      ),
    };
    const x = tensor('x', shape, 'f32', r);
    const graph = graphOf(
      [x],
      [{ name: 'y', op: 'interpolate', inputs: ['x'], attributes: { axis }, weights }],
    );
    compareWithReference(t, `[${shape}] along ${axis}`, graph, r, [new Float64Array(1000)]);
  }
});
