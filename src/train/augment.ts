import { resample } from '../preprocess/index.js';
import type { Augment } from './batches.js';

/** Random changes of images that leave their class as it is. */
export interface AugmentOptions {
  /** Shifts by up to this many pixels each way; what comes in is 0. */
  shift?: number;
  /** Mirrors every other image, left to right. */
  flip?: boolean;
  /** Shows a part of each image, of this share of its area at least, as large as the whole; in (0, 1]. */
  zoom?: number;
}

/**
 * What the options say: zooms, shifts, then mirrors.
 * @returns throws a RangeError for samples that are no images
 */
export function augmentImages({ zoom = 1, ...moves }: AugmentOptions): Augment {
  const move = shiftAndFlip(moves);
  const show = zoom < 1 ? zoomIn(zoom) : undefined;
  return (sample, shape, random, layout) => {
    if (shape.length !== 3)
      throw new RangeError(`augment: expected images, height x width x channels, got samples of ${shape}`);
    show?.(sample, shape, random, layout);
    move(sample, shape, random, layout);
  };
}

/** A part of the image's own proportions, anywhere in it, of `least` to 1 of its area (Szegedy et al. 2015, who stretch it too). */
export function zoomIn(least: number): Augment {
  return (sample, [height, width, channels], random, layout = 'hwc') => {
    const side = Math.sqrt(least + (1 - least) * random());
    const region = {
      left: random() * (1 - side) * width,
      top: random() * (1 - side) * height,
      width: side * width,
      height: side * height,
    };
    const [planes, each] = layout === 'hwc' ? [1, channels] : [channels, 1];
    for (let plane = 0; plane < planes; plane++) {
      const data = sample.subarray(plane * height * width, plane * height * width + height * width * each);
      data.set(resample({ data, width, height, channels: each }, region, height, width, 'bilinear'));
    }
  };
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
