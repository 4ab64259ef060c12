import t from 'tap';
import type { Tensor } from '../../../src/graph/graph.js';
import { runReference } from '../../../src/reference/run.js';
import { random } from '../../helpers/random.js';
import { compareWithReference } from '../compare.js';
import { oneNode, randomValues, tensor } from '../models.js';

const SHAPES = [[], [1], [17], [64], [1, 1, 5], [7, 9, 3], [4, 4, 16], [3, 5], [2, 3, 4, 5]];

/** What an output inherits from the input of an operator that only moves numbers. */
function like({ dtype, quantization }: Tensor): Omit<Tensor, 'shape' | 'name'> {
  return { dtype, quantization };
}

for (const dtype of ['i8', 'f32'] as const) {
  t.test(`add, ${dtype}`, async (t) => {
    const r = random();
    for (const shape of SHAPES) {
      for (const activation of ['linear', 'relu', 'relu6']) {
        const a = tensor('a', shape, dtype, r);
        const b = tensor('b', shape, dtype, r, 0.05);
        const graph = oneNode('add', [a, b], { activation }, {}, like(tensor('y', shape, dtype, r, 0.06)));
        compareWithReference(t, `[${shape}] ${activation}`, graph, r);
      }
    }
  });
  for (const op of ['relu', 'relu6']) {
    t.test(`${op}, ${dtype}`, async (t) => {
      const r = random();
      for (const shape of SHAPES) {
        const x = tensor('x', shape, dtype, r);
        compareWithReference(t, `[${shape}]`, oneNode(op, [x], {}, {}, like(x)), r);
      }
    });
  }
}

t.test('quantize', async (t) => {
  const r = random();
  for (const shape of SHAPES) {
    const y = tensor('y', shape, 'i8', r);
    compareWithReference(
      t,
      `[${shape}]`,
      oneNode('quantize', [tensor('x', shape, 'f32', r)], {}, {}, like(y)),
      r,
    );
  }
});

t.test('dequantize', async (t) => {
  const r = random();
  for (const shape of SHAPES) {
    const x = tensor('x', shape, 'i8', r);
    compareWithReference(t, `[${shape}]`, oneNode('dequantize', [x], {}, {}, { dtype: 'f32' }), r);
  }
});

t.test('softmax', async (t) => {
  const r = random();
  for (const shape of SHAPES.filter((dims) => dims.length > 0)) {
    const x = tensor('x', shape, 'f32', r);
    const graph = oneNode('softmax', [x], {}, {}, { dtype: 'f32' });
    const seed = r.int(0, 1e9);
    const [y] = runReference(graph, [randomValues(x, random(seed))]);
    const limit = 8 * 2 ** -24 * Math.max(...y);
    compareWithReference(t, `[${shape}]`, graph, random(seed), [new Float64Array(y.length).fill(limit)]);
  }
});
