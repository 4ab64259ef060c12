import type { Tensor } from '../../../src/graph/graph.js';
import type { Draft, Facts } from '../draft.js';
import { anyShape, imageShape } from '../shapes.js';

/** Adds one node of an operator to the draft; undefined, or a RangeError, where it did not fit. */
export type Step = (draft: Draft, op: string) => Tensor | undefined;

/** What sums can take without coming near the end of f32. */
export const MODERATE = 1e4;

export function moderate({ dtype }: Tensor, { largest }: Facts): boolean {
  return dtype === 'i8' || largest < MODERATE;
}

/** An f32 tensor that is there and fits, or an input of `shape`, whose numbers are moderate. */
export function floats(
  draft: Draft,
  fits: (tensor: Tensor, facts: Facts) => boolean,
  shape: () => number[] = () => anyShape(draft.random),
): Tensor {
  const found = draft.find((x, facts) => x.dtype === 'f32' && fits(x, facts));
  return found ?? draft.input(shape(), 'f32', () => Math.fround(draft.random.normal()));
}

/** Any tensor, of either dtype. */
export function anything(draft: Draft, fits: (tensor: Tensor) => boolean = () => true, least = 0): Tensor {
  const found = draft.random.next() < 0.95 ? draft.find(fits) : undefined;
  return found ?? draft.input(anyShape(draft.random, least));
}

/** An image of either dtype, with moderate numbers. */
export function image(draft: Draft): Tensor {
  const { random } = draft;
  const found = draft.find((x, facts) => x.shape.length === 3 && moderate(x, facts));
  if (found && random.next() < 0.95) return found;
  const dtype = random.pick(draft.dtypes);
  return draft.input(
    imageShape(random, draft.large),
    dtype,
    dtype === 'f32' ? () => Math.fround(random.normal()) : undefined,
  );
}

export function chance(draft: Draft, share: number): boolean {
  return draft.random.next() < share;
}
