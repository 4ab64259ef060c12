import t from 'tap';
import { random } from '../../helpers/random.js';
import { compareWithReference } from '../compare.js';
import { oneNode, tensor } from '../models.js';

const WINDOWS: Record<string, { image: number[]; attributes: Record<string, number[]> }> = {
  '2x2 by 2': { image: [8, 8, 4], attributes: { size: [2, 2], strides: [2, 2] } },
  'odd size, odd channels': { image: [7, 9, 3], attributes: { size: [2, 2], strides: [2, 2] } },
  '3x3 by 2, SAME': { image: [9, 9, 5], attributes: { size: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
  '3x3 by 1, SAME': { image: [5, 6, 4], attributes: { size: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] } },
  'padded on one side': {
    image: [6, 5, 2],
    attributes: { size: [3, 2], strides: [1, 3], pads: [2, 0, 1, 1] },
  },
  'stride past the window': { image: [10, 10, 1], attributes: { size: [2, 2], strides: [3, 4] } },
  'one output pixel': { image: [7, 7, 6], attributes: { size: [7, 7], strides: [1, 1] } },
  'one input pixel': { image: [1, 1, 6], attributes: { size: [1, 1], strides: [1, 1] } },
  'one row': { image: [1, 40, 2], attributes: { size: [1, 3], strides: [1, 2] } },
};

for (const dtype of ['i8', 'f32'] as const) {
  for (const op of ['max_pool2d', 'avg_pool2d']) {
    t.test(`${op}, ${dtype}`, async (t) => {
      const r = random();
      for (const [name, { image, attributes }] of Object.entries(WINDOWS)) {
        const x = tensor('x', image, dtype, r);
        const same = op === 'max_pool2d' || dtype === 'f32';
        const y = same ? x : tensor('y', image, dtype, r, 0.01);
        const graph = oneNode(op, [x], attributes, {}, { dtype, quantization: y.quantization });
        compareWithReference(t, name, graph, r);
      }
    });
  }
  for (const op of ['global_max_pool2d', 'global_avg_pool2d']) {
    t.test(`${op}, ${dtype}`, async (t) => {
      const r = random();
      for (const image of [
        [7, 7, 8],
        [1, 1, 5],
        [5, 3, 1],
        [13, 17, 3],
        [4, 4, 2],
      ]) {
        const x = tensor('x', image, dtype, r);
        const same = op === 'global_max_pool2d' || dtype === 'f32';
        const y = same ? x : tensor('y', image, dtype, r, 0.01);
        const graph = oneNode(op, [x], {}, {}, { dtype, quantization: y.quantization });
        compareWithReference(t, `[${image}]`, graph, r);
      }
    });
  }
}
