/** constant, reshape, concat, pad, view, gather, gather_nd, interpolate. */
import { elements, type Tensor } from '../../../src/graph/graph.js';
import { movementView } from '../../../src/ops/movement.js';
import type { View } from '../../../src/ops/positions.js';
import type { Random } from '../../helpers/random.js';
import type { Draft } from '../draft.js';
import { indexKind } from '../numbers.js';
import { anyShape, reshaped } from '../shapes.js';
import { weightOf } from '../weights.js';
import { sameFormat, sameScale } from './elementwise.js';
import { anything, chance, floats, moderate, type Step } from './step.js';

const { fround } = Math;

export const moves: Record<string, Step> = {
  constant: (draft) => draft.constant(anyShape(draft.random), draft.random.pick(draft.dtypes)),
  reshape(draft) {
    const x = anything(draft);
    return draft.node('reshape', [x], { shape: reshaped(x.shape, draft.random) });
  },
  concat(draft) {
    const { random: r } = draft;
    const x = anything(draft, ({ shape }) => shape.length > 0, 1);
    if (x.shape.length === 0) return undefined;
    const axis = r.int(0, x.shape.length - 1);
    const inputs = [x];
    for (let more = r.pick([0, 1, 1, 2, 3]); more > 0; more--) inputs.push(another(draft, x, axis));
    return draft.node(
      'concat',
      inputs.toSorted(() => r.next() - 0.5),
      { attributes: { axis } },
    );
  },
  pad(draft) {
    const { random: r } = draft;
    const x = anything(draft);
    const pads = Array.from({ length: 2 * x.shape.length }, () => r.pick([0, 0, 1, 2]));
    const value = fround(r.pick([0, 0, 1, -2.5, r.normal()]));
    return draft.node('pad', [x], { attributes: { pads, value } });
  },
  view(draft) {
    const x = anything(draft);
    const { dims, strides, offset } = anyView(draft.random, x.shape);
    if (elements(dims) > 2000) return undefined;
    const shape = dims.length <= 6 && chance(draft, 0.5) ? dims : reshaped(dims, draft.random);
    return draft.node('view', [x], { attributes: { dims, strides, offset }, shape });
  },
  gather(draft) {
    const { random: r } = draft;
    const x = anything(draft, ({ shape }) => shape.length > 0, 1);
    if (x.shape.length === 0) return undefined;
    const axis = r.int(0, x.shape.length - 1);
    const shape = r.pick([[], [1], [3], [2, 2], [7], [x.shape[axis]]]);
    const indices = draft.input(shape, 'f32', indexKind(r, x.shape[axis]));
    return draft.node('gather', [x, indices], { attributes: { axis } });
  },
  gather_nd(draft) {
    const { random: r } = draft;
    const x = floats(
      draft,
      ({ shape }) => shape.length > 0,
      () => anyShape(r, 1),
    );
    if (x.shape.length === 0) return undefined;
    const depth = r.int(1, x.shape.length);
    const shape = [...r.pick([[], [1], [5], [2, 3]]), depth];
    return draft.node('gather_nd', [x, draft.input(shape, 'f32', indexKind(r, Math.max(...x.shape)))]);
  },
  interpolate(draft) {
    const { random: r } = draft;
    const x = floats(
      draft,
      (y, facts) => y.shape.length > 0 && moderate(y, facts),
      () => anyShape(r, 1),
    );
    if (x.shape.length === 0) return undefined;
    const axis = r.int(0, x.shape.length - 1);
    const length = [r.pick([1, 2, 5, 9, 2 * x.shape[axis]])];
    const index = (): number => r.int(0, x.shape[axis] - 1);
    const weights = {
      lower: weightOf(length, 'i32', index),
      upper: weightOf(length, 'i32', index),
      fraction: weightOf(length, 'f32', () => fround(r.pick([0, 1, 0.5, 0.25, r.next()]))),
    };
    return draft.node('interpolate', [x], { attributes: { axis }, weights });
  },
};

/** What can stand beside x in a concat: itself, one that is there, or a constant. */
function another(draft: Draft, x: Tensor, axis: number): Tensor {
  if (chance(draft, 0.15)) return x;
  const alike = ({ shape }: Tensor): boolean =>
    shape.length === x.shape.length && shape.every((dim, i) => i === axis || dim === x.shape[i]);
  const found = chance(draft, 0.6) ? draft.find((y) => alike(y) && sameFormat(x, y)) : undefined;
  return found ?? sameScale(draft, x, x.shape.with(axis, draft.random.int(1, 3)));
}

/** A transpose, slice, tile or flip of the shape, or strides without a meaning. */
function anyView(r: Random, shape: number[]): View {
  const kind = r.int(0, 3);
  if (kind === 0) return strided(r, elements(shape));
  if (kind === 1) {
    const permutation = shape.map((_, axis) => axis).toSorted(() => r.next() - 0.5);
    return movementView('transpose', shape, { permutation })!;
  }
  if (kind === 2 && shape.length <= 4) {
    return movementView('tile', shape, { repeats: shape.map(() => r.pick([1, 1, 2, 3])) })!;
  }
  const strides = shape.map(() => r.pick([1, 1, 2, -1]));
  const size = shape.map((dim, axis) => r.int(1, Math.ceil(dim / Math.abs(strides[axis]))));
  const begin = shape.map((dim, axis) => {
    const reach = (size[axis] - 1) * Math.abs(strides[axis]);
    const first = r.int(0, dim - 1 - reach);
    return strides[axis] > 0 ? first : first + reach;
  });
  return movementView('slice', shape, { begin, size, strides })!;
}

/** Up to 8 dims, each with any step for which there is room. */
function strided(r: Random, count: number): View {
  const dims: number[] = [];
  const strides: number[] = [];
  let low = 0;
  let high = 0;
  for (let rank = r.int(0, 8); rank > 0; rank--) {
    const dim = r.pick([1, 2, 2, 3]);
    const room = Math.floor((count - 1 - (high - low)) / Math.max(1, dim - 1));
    const step = r.int(-Math.min(room, 9), Math.min(room, 9));
    dims.push(dim);
    strides.push(step);
    if (step < 0) low += step * (dim - 1);
    else high += step * (dim - 1);
  }
  return { dims, strides, offset: r.int(-low, count - 1 - high) };
}
