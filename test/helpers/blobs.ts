import { elements } from '../../src/graph/index.js';
import type { Dataset, Split } from '../../src/train/index.js';
import { random } from './random.js';

/** Bytes that a small network learns to tell apart: each class has its own random picture, samples add noise. */
export function blobs(options: {
  inputShape: number[];
  classes?: number;
  train?: number;
  test?: number;
  seed?: number;
}): Dataset {
  const { inputShape, classes = 4, train = 128, test = 64, seed = 1 } = options;
  const source = random(seed);
  const size = elements(inputShape);
  const pictures = Array.from({ length: classes * size }, () => source.int(40, 215));
  const draw = (count: number): Split => {
    const y = Uint8Array.from({ length: count }, () => source.int(0, classes - 1));
    const x = Uint8Array.from({ length: count * size }, (_, i) => {
      const picture = y[Math.floor(i / size)] * size + (i % size);
      return Math.max(0, Math.min(255, Math.round(pictures[picture] + 40 * source.normal())));
    });
    return { x, y, count };
  };
  return {
    name: 'blobs',
    inputShape,
    classes,
    labels: Array.from({ length: classes }, (_, index) => `class ${index}`),
    train: draw(train),
    test: draw(test),
    preprocessing: { scale: Math.fround(1 / 255), offset: 0 },
  };
}
