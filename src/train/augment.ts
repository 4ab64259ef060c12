import type { Augment } from './batches.js';

/** Random changes of images that leave their class as it is. */
export interface AugmentOptions {
  /** Shifts by up to this many pixels each way; what comes in is 0. */
  shift?: number;
  /** Mirrors every other image, left to right. */
  flip?: boolean;
}

/** Shifts, then mirrors (He et al. 2016, section 4.2, for CIFAR-10: 4 pixels and flips). */
export function shiftAndFlip({ shift = 0, flip = false }: AugmentOptions): Augment {
  let scratch = new Float32Array(0);
  return (sample, shape, random, layout = 'hwc') => {
    const [height, width, channels] = shape;
    const [pixel, plane] = layout === 'hwc' ? [channels, 1] : [1, height * width];
    if (scratch.length !== sample.length) scratch = new Float32Array(sample.length);
    scratch.set(sample);
    const dy = Math.floor(random() * (2 * shift + 1)) - shift;
    const dx = Math.floor(random() * (2 * shift + 1)) - shift;
    const mirror = flip && random() < 0.5;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const fromY = y + dy;
        const fromX = (mirror ? width - 1 - x : x) + dx;
        const inside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
        const target = (y * width + x) * pixel;
        const source = (fromY * width + fromX) * pixel;
        for (let c = 0; c < channels * plane; c += plane)
          sample[target + c] = inside ? scratch[source + c] : 0;
      }
    }
  };
}
