/** StridedSlice, which is Python's `x[a:b:c, ..., None, 3]`: tensorflow/core/util/strided_slice_op.cc. */
import type { Value } from '../values.js';
import type { Call } from './call.js';

/** What one axis of the input becomes. */
interface Cut {
  begin: number;
  size: number;
  stride: number;
}

/** Entries of the list, from the last on: bit i of a mask speaks of entry i. */
const MASKS = ['beginMask', 'endMask', 'ellipsisMask', 'newAxisMask', 'shrinkAxisMask'] as const;

type Masks = Record<(typeof MASKS)[number], (entry: number) => boolean>;

export function stridedSlice(call: Call): Value {
  const { name, builder } = call;
  const x = call.value('x');
  const { cuts, shape } = resolve(call, x.shape);
  const size = cuts.map((cut) => cut.size);
  if (size.includes(0)) {
    if (x.constant) return builder.constant(new Float32Array(0), shape);
    throw call.wrong('slice', 'at least one element', `[${shape}]`);
  }
  const slice = builder.slice(
    name,
    x,
    cuts.map((cut) => cut.begin),
    size,
    cuts.map((cut) => cut.stride),
  );
  return builder.reshape(slice, shape, `${name}/shape`);
}

/** The cut of every axis of the input, and the result's shape. */
function resolve(call: Call, dims: readonly number[]): { cuts: Cut[]; shape: number[] } {
  const [begin, end, strides] = ['begin', 'end', 'strides'].map((argument) => call.integers(argument));
  const masks = Object.fromEntries(
    MASKS.map((mask) => {
      const bits = call.integer(mask);
      return [mask, (entry: number): boolean => ((bits >> entry) & 1) === 1];
    }),
  ) as Masks;
  const cuts: Cut[] = [];
  const shape: number[] = [];
  const whole = (until: number): void => {
    while (cuts.length < until) {
      const size = dims[cuts.length];
      shape.push(size);
      cuts.push({ begin: 0, size, stride: 1 });
    }
  };
  begin.forEach((_, entry) => {
    if (masks.ellipsisMask(entry)) {
      const later = begin.slice(entry + 1).filter((__, i) => !masks.newAxisMask(entry + 1 + i)).length;
      return whole(dims.length - later);
    }
    if (masks.newAxisMask(entry)) return void shape.push(1);
    if (cuts.length >= dims.length) throw call.wrong('begin', `at most ${dims.length} axes`, begin);
    const dim = dims[cuts.length];
    if (masks.shrinkAxisMask(entry)) return void cuts.push(indexCut(call, begin[entry], dim));
    const from = masks.beginMask(entry) ? undefined : begin[entry];
    const to = masks.endMask(entry) ? undefined : end[entry];
    const cut = rangeCut(call, from, to, strides[entry], dim);
    shape.push(cut.size);
    cuts.push(cut);
  });
  whole(dims.length);
  return { cuts, shape };
}

/** `x[index]`: the axis goes. */
function indexCut(call: Call, index: number, dim: number): Cut {
  const begin = index < 0 ? index + dim : index;
  if (begin < 0 || begin >= dim) throw call.wrong('begin', `an index in ${-dim}..${dim - 1}`, index);
  return { begin, size: 1, stride: 1 };
}

/** `x[from:to:stride]`; undefined is from the first on, to the last. */
function rangeCut(
  call: Call,
  from: number | undefined,
  to: number | undefined,
  stride: number,
  dim: number,
): Cut {
  if (!Number.isInteger(stride) || stride === 0)
    throw call.wrong('strides', 'a whole number other than 0', stride);
  const [least, most] = stride > 0 ? [0, dim] : [-1, dim - 1];
  const clamped = (at: number): number => Math.min(Math.max(at < 0 ? at + dim : at, least), most);
  const begin = from === undefined ? (stride > 0 ? least : most) : clamped(from);
  const end = to === undefined ? (stride > 0 ? most : least) : clamped(to);
  return { begin, size: Math.max(0, Math.ceil((end - begin) / stride)), stride };
}
