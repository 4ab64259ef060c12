/** reduce_*, argmax, argmin, layer_norm. */
import t from 'tap';
import { elements, type Weight } from '../../../src/graph/graph.js';
import { runReference } from '../../../src/reference/run.js';
import { random } from '../../helpers/random.js';
import { compareWithReference } from '../compare.js';
import { graphOf, plainWeight, randomValues, tensor } from '../models.js';

const CASES: [number[], number[]][] = [
  [[1], [0]],
  [[17], [0]],
  [[5, 4], [0]],
  [[5, 4], [1]],
  [
    [7, 9, 3],
    [0, 1],
  ],
  [
    [3, 4, 5],
    [1, 2],
  ],
  [[2, 3, 4, 2, 2, 3], [3]],
  [
    [3, 5, 17],
    [0, 1, 2],
  ],
];

for (const op of ['reduce_sum', 'reduce_mean', 'reduce_prod', 'reduce_max', 'reduce_min']) {
  t.test(op, async (t) => {
    const r = random();
    for (const [shape, axes] of CASES) {
      for (const keepdims of [0, 1]) {
        const x = tensor('x', shape, 'f32', r);
        const graph = graphOf([x], [{ name: 'y', op, inputs: ['x'], attributes: { axes, keepdims } }]);
        const inputs = [randomValues(x, r)];
        const n = elements(axes.map((axis) => shape[axis]));
        const [y] = runReference(graph, inputs);
        const magnitudes = runReference(graph, [inputs[0].map(Math.abs)])[0];
        const bound = Float64Array.from(y, (v, i) => {
          if (op === 'reduce_max' || op === 'reduce_min') return 0;
          return op === 'reduce_prod' ? n * 2 ** -23 * Math.abs(v) : (n + 2) * 2 ** -24 * magnitudes[i];
        });
        compareWithReference(t, `[${shape}] over [${axes}]`, graph, r, [bound], inputs);
      }
    }
  });
}

for (const op of ['argmax', 'argmin']) {
  t.test(op, async (t) => {
    const r = random();
    for (const [shape, [axis]] of CASES) {
      const x = tensor('x', shape, 'f32', r);
      const graph = graphOf(
        [x],
        [{ name: 'y', op, inputs: ['x'], attributes: { axis, keepdims: axis & 1 } }],
      );
      const inputs = [randomValues(x, r).map(Math.round)];
      compareWithReference(t, `[${shape}] over ${axis}`, graph, r, [new Float64Array(1000)], inputs);
    }
  });
}

t.test('layer_norm', async (t) => {
  const r = random();
  for (const shape of [[1], [7], [3, 16], [5, 2, 9], [2, 2, 64]]) {
    const n = shape.at(-1)!;
    const vector = (): Weight =>
      plainWeight(
        [n],
        Float32Array.from({ length: n }, () => r.normal()),
      );
    const some: Record<string, Weight>[] = [
      {},
      { gamma: vector() },
      { beta: vector() },
      { gamma: vector(), beta: vector() },
    ];
    for (const weights of some) {
      const x = tensor('x', shape, 'f32', r);
      const attributes = { epsilon: Math.fround(1e-5) };
      const graph = graphOf([x], [{ name: 'y', op: 'layer_norm', inputs: ['x'], attributes, weights }]);
      // FORMAT.md's bound at its least: |gamma| and |beta| are below 8
      const bound = new Float64Array(elements(shape)).fill(2 ** -20 * Math.sqrt(n + 16));
      compareWithReference(t, `[${shape}] ${Object.keys(weights)}`, graph, r, [bound]);
    }
  }
});
