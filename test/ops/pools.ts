import type { Random } from '../helpers/random.js';
import { integersOf } from './convolutions.js';
import type { Case } from './helpers.js';

/** A random max_pool2d or avg_pool2d: windows over edges, strides larger than windows, one pixel, one channel. */
export function randomPool(r: Random, op: 'max_pool2d' | 'avg_pool2d'): Case {
  const size = integersOf(r, 2, 1, 4);
  const pads = [0, 1, 2, 3].map((side) => r.int(0, size[side % 2] - 1));
  const [height, width] = size.map((length, axis) => {
    const least = Math.max(1, length - pads[axis] - pads[axis + 2]);
    return least + r.int(0, 6);
  });
  return {
    op,
    inputs: [[height, width, r.int(1, 5)]],
    attributes: { size, strides: integersOf(r, 2, 1, 3), pads },
  };
}
