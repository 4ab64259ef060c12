import t from 'tap';
import { random } from '../../helpers/random.js';
import { compareWithReference } from '../compare.js';
import { linearOutput, linearWeights, oneNode, tensor } from '../models.js';

interface Case {
  image: [number, number, number];
  /** outputs, kernel rows, kernel columns */
  kernel: [number, number, number];
  strides?: [number, number];
  dilations?: [number, number];
  pads?: [number, number, number, number];
  activation?: string;
}

const CASES: Record<string, Case> = {
  'pointwise, a tile of 16 pixels': { image: [4, 4, 8], kernel: [8, 1, 1] },
  'pointwise, one pixel': { image: [1, 1, 8], kernel: [8, 1, 1] },
  'one channel in and out': { image: [5, 5, 1], kernel: [1, 3, 3], pads: [1, 1, 1, 1] },
  'odd channels, odd size': { image: [7, 9, 5], kernel: [7, 3, 3], pads: [1, 1, 1, 1], activation: 'relu' },
  'no padding': { image: [8, 6, 4], kernel: [6, 3, 3], activation: 'relu6' },
  'padding on one side': { image: [6, 7, 3], kernel: [5, 3, 2], pads: [2, 0, 0, 1] },
  'stride 2, SAME at even size': { image: [8, 8, 3], kernel: [8, 3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
  'stride 2, pointwise': { image: [9, 9, 6], kernel: [4, 1, 1], strides: [2, 2] },
  'stride 3 by 1': { image: [10, 7, 2], kernel: [3, 4, 3], strides: [3, 1], pads: [1, 1, 2, 1] },
  'stride past the kernel': { image: [9, 11, 4], kernel: [4, 2, 2], strides: [3, 3] },
  dilated: { image: [11, 9, 4], kernel: [4, 3, 3], dilations: [2, 3], pads: [2, 3, 2, 3] },
  'dilated and strided': {
    image: [13, 12, 3],
    kernel: [5, 3, 2],
    dilations: [2, 3],
    strides: [2, 2],
    pads: [1, 2, 3, 0],
  },
  'kernel as large as the image': { image: [4, 5, 6], kernel: [9, 4, 5] },
  'one output pixel with padding': { image: [3, 3, 5], kernel: [6, 5, 5], pads: [1, 1, 1, 1] },
  'one input pixel, padded': { image: [1, 1, 3], kernel: [4, 3, 3], pads: [2, 2, 2, 2] },
  'one input pixel, one output pixel, padded': { image: [1, 1, 7], kernel: [5, 3, 3], pads: [1, 1, 1, 1] },
  'one row': { image: [1, 37, 4], kernel: [4, 1, 5], pads: [0, 2, 0, 2] },
  'one column': { image: [37, 1, 4], kernel: [4, 5, 1], pads: [2, 0, 2, 0] },
  'wide padding': { image: [3, 3, 2], kernel: [2, 2, 2], pads: [3, 4, 1, 2] },
  'more padding than kernel': { image: [4, 4, 2], kernel: [2, 1, 1], pads: [2, 3, 1, 0], strides: [2, 2] },
};

const BLOCKS: [number, number][] = [
  [1, 1],
  [1, 2],
  [2, 2],
  [4, 2],
  [3, 5],
];

/** Steps of two columns over one or three channels, whose last channel stands folded in the band. */
function folded(): [string, Case][] {
  const r = random();
  return Array.from({ length: 24 }, (_, i) => {
    const [rows, columns] = [r.int(1, 5), r.int(2, 7)];
    const image: Case['image'] = [r.int(rows, 12), r.int(columns, 40), r.pick([1, 3])];
    const pads: Case['pads'] = [r.int(0, 2), r.int(0, columns), r.int(0, 2), r.int(0, columns)];
    const name = `folded ${i}: ${image.join('x')}, ${rows}x${columns}, pads ${pads.join(',')}`;
    return [name, { image, kernel: [r.int(1, 9), rows, columns], strides: [r.int(1, 2), 2], pads }];
  });
}

/** Weights without structure over enough channels for qs8_spmm_1x1, also odd ones, and taps. */
const WIDE: Record<string, Case> = {
  'many channels': { image: [5, 7, 160], kernel: [10, 1, 1] },
  'many channels, odd': { image: [6, 6, 161], kernel: [7, 1, 1] },
  'many channels, 3x3': { image: [5, 9, 40], kernel: [6, 3, 3], pads: [1, 1, 1, 1] },
  'many channels, stride 2': { image: [9, 12, 41], kernel: [5, 3, 3], pads: [1, 0, 0, 1], strides: [2, 2] },
  'many channels, stride 3': { image: [9, 12, 40], kernel: [4, 3, 3], strides: [3, 3] },
  'a tile and 8 pixels': { image: [3, 8, 6], kernel: [6, 1, 1] },
  'three tiles and a pixel': { image: [7, 7, 6], kernel: [8, 1, 1] },
};

for (const dtype of ['i8', 'f32'] as const) {
  const cases = [...Object.entries(CASES), ...Object.entries(WIDE), ...(dtype === 'i8' ? folded() : [])];
  for (const [name, c] of cases) {
    t.test(`${dtype}, ${name}`, async (t) => {
      const r = random();
      for (const block of BLOCKS) {
        for (const density of [0, 0.05, 0.3, 1]) {
          const x = tensor('x', c.image, dtype, r);
          const kernel = [...c.kernel, c.image[2]];
          const weights = linearWeights({ dtype, kernel, block, density, bias: density > 0 }, r);
          const terms = density * c.kernel[1] * c.kernel[2] * c.image[2];
          const { image: _image, kernel: _kernel, ...attributes } = c;
          const graph = oneNode('conv2d', [x], { ...attributes }, weights, linearOutput(x, terms, r));
          compareWithReference(t, `block ${block}, density ${density}`, graph, r);
        }
      }
    });
  }
}
