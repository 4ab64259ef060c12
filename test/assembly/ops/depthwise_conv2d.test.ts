import t from 'tap';
import { random } from '../../helpers/random.js';
import { compareWithReference } from '../compare.js';
import { linearOutput, linearWeights, oneNode, tensor } from '../models.js';

const CASES: Record<
  string,
  { image: number[]; taps: [number, number]; attributes?: Record<string, number[] | string> }
> = {
  '3x3, SAME': { image: [9, 7, 6], taps: [3, 3], attributes: { pads: [1, 1, 1, 1] } },
  '3x3, odd channels, relu6': { image: [8, 8, 5], taps: [3, 3], attributes: { activation: 'relu6' } },
  'stride 2': { image: [10, 9, 4], taps: [3, 3], attributes: { strides: [2, 2], pads: [0, 0, 1, 1] } },
  'stride 3 by 2, dilated': {
    image: [15, 14, 3],
    taps: [3, 2],
    attributes: { strides: [3, 2], dilations: [2, 3], pads: [2, 1, 2, 2] },
  },
  'three channels, two columns a step': {
    image: [7, 9, 3],
    taps: [3, 3],
    attributes: { strides: [1, 2], pads: [1, 1, 0, 0] },
  },
  'one channel': { image: [6, 5, 1], taps: [5, 5], attributes: { pads: [2, 2, 2, 2], activation: 'relu' } },
  'one tap': { image: [4, 4, 8], taps: [1, 1] },
  'one output pixel': { image: [5, 4, 7], taps: [5, 4] },
  'one input pixel': { image: [1, 1, 6], taps: [3, 3], attributes: { pads: [1, 1, 1, 1] } },
  'one input pixel, nine output pixels': {
    image: [1, 1, 3],
    taps: [3, 3],
    attributes: { pads: [2, 2, 2, 2] },
  },
};

for (const dtype of ['i8', 'f32'] as const) {
  for (const multiplier of [1, 2, 3]) {
    for (const [name, { image, taps, attributes = {} }] of Object.entries(CASES)) {
      t.test(`${dtype}, multiplier ${multiplier}, ${name}`, async (t) => {
        const r = random();
        for (const density of [0, 0.5, 1]) {
          const x = tensor('x', image, dtype, r);
          const kernel = [image[2] * multiplier, ...taps, 1];
          const weights = linearWeights({ dtype, kernel, density }, r);
          const y = linearOutput(x, density * taps[0] * taps[1], r);
          compareWithReference(
            t,
            `density ${density}`,
            oneNode('depthwise_conv2d', [x], attributes, weights, y),
            r,
          );
        }
      });
    }
  }
}
