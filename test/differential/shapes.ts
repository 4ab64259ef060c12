/** Random shapes: one element, one pixel, one channel, odd sides, and about the width of a vector. */
import { elements, MAX_RANK } from '../../src/graph/graph.js';
import type { Random } from '../helpers/random.js';

const SIDES = [1, 1, 2, 3, 3, 4, 5, 7, 8, 9, 12, 16, 17, 31];
const CHANNELS = [1, 1, 2, 3, 4, 4, 5, 7, 8, 9, 16, 17, 33];
/** Of inputs: what follows may be larger. */
const MOST = 1200;
/** More than one band of rows (docs/runtime.md, Bands). */
const LARGE_SIDES = [17, 31, 40, 64, 77, 130];
const MOST_LARGE = 20000;

export function imageShape(r: Random, large: boolean): number[] {
  const [sides, most] = large ? [LARGE_SIDES, MOST_LARGE] : [SIDES, MOST];
  for (;;) {
    const shape = [r.pick(sides), r.pick(sides), r.pick(CHANNELS)];
    if (elements(shape) <= most) return shape;
  }
}

/** Of any rank in `least..6`. */
export function anyShape(r: Random, least = 0): number[] {
  const rank = r.pick([0, 1, 1, 2, 2, 3, 3, 3, 4, 5, MAX_RANK].filter((n) => n >= least));
  for (;;) {
    const shape = Array.from({ length: rank }, () => r.pick(rank > 3 ? SIDES.slice(0, 8) : SIDES));
    if (elements(shape) <= MOST) return shape;
  }
}

/** One that numpy's broadcasting stretches to `shape`: leading axes away, some axes 1. */
export function stretchable(shape: readonly number[], r: Random): number[] {
  const kind = r.int(0, 3);
  if (kind === 0) return [...shape];
  if (kind === 1) return shape.slice(-1);
  return shape.slice(r.int(0, shape.length)).map((dim) => (r.next() < 0.5 ? 1 : dim));
}

/** One that `shape` is stretched to: further axes before it, and those of 1 longer. */
export function stretchedTo(shape: readonly number[], r: Random): number[] {
  const longer = shape.map((dim) => (dim === 1 && r.next() < 0.6 ? r.int(1, 5) : dim));
  const before = Array.from({ length: Math.min(r.int(0, 1), MAX_RANK - shape.length) }, () => r.int(1, 3));
  return [...before, ...longer];
}

/** Another shape of as many elements, each of its axes a divisor of what is left. */
export function reshaped(shape: readonly number[], r: Random): number[] {
  let left = elements(shape);
  const result: number[] = [];
  while (result.length < MAX_RANK - 1 && (left > 1 || r.next() < 0.3) && r.next() < 0.8) {
    const divisors = Array.from({ length: left }, (_, i) => i + 1).filter((n) => left % n === 0);
    const dim = r.pick(divisors);
    result.push(dim);
    left /= dim;
  }
  if (left > 1 || (result.length > 0 && r.next() < 0.3)) result.push(left);
  return result;
}
