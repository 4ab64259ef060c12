import type { Dataset } from '../../../src/train/index.js';
import { random } from '../../helpers/random.js';

/** Pictures of noise, without labels. */
export function noise(inputShape: number[], count: number): Dataset {
  const { next } = random();
  const x = Uint8Array.from({ length: count * inputShape.reduce((a, b) => a * b) }, () => next() * 256);
  const split = { x, count };
  return {
    name: 'noise',
    labels: ['a', 'b'],
    inputShape,
    classes: 2,
    train: split,
    test: split,
    preprocessing: { scale: 1 / 128, offset: -1 },
  };
}
