/** Operators that move values: shapes, slices, copies. */
import { elements } from '../../graph/index.js';
import { axisOf, scalarOf, wholeNumbers, type Value } from '../values.js';
import { NotSupported, type Convert, type OperatorCall } from './call.js';
import { activated } from './activation.js';
import {
  CONCATENATION,
  GATHER,
  MIRROR_PAD,
  ONE_HOT,
  PACK,
  RESHAPE,
  SPLIT,
  SQUEEZE,
  STRIDED_SLICE,
} from './schema.js';

/** A constant's most elements, as in `evaluate.ts`. */
const MOST = 2 ** 26;

const reshape: Convert = (call) => {
  const given = call.inputs[1] ? call.numbers(1, 'shape') : call.int32s(RESHAPE.shape, 'new_shape');
  return call.builder.reshape(call.input(0), given, call.name);
};

const squeeze: Convert = (call) => {
  const x = call.input(0);
  const rank = x.shape.length;
  const axes = call.int32s(SQUEEZE.axes, 'squeeze_dims').map((axis) => axisOf(axis, rank, call.name));
  const shape = x.shape.filter((dim, axis) => dim !== 1 || (axes.length > 0 && !axes.includes(axis)));
  return call.builder.reshape(x, shape, call.name);
};

const expandDims: Convert = (call) => {
  const x = call.input(0);
  const at = axisOf(call.numbers(1, 'axis')[0], x.shape.length + 1, call.name);
  return call.builder.reshape(x, x.shape.toSpliced(at, 0, 1), call.name);
};

const transpose: Convert = (call) =>
  call.builder.transpose(call.input(0), call.numbers(1, 'perm'), call.name);

const concatenation: Convert = (call) => {
  const values = call.inputs.map((_, i) => call.input(i));
  const y = call.builder.concat(call.name, values, call.int32(CONCATENATION.axis));
  return activated(call, CONCATENATION.activation, y);
};

const pack: Convert = (call) => {
  const values = call.inputs.map((_, i) => call.input(i));
  const at = axisOf(call.int32(PACK.axis), call.input(0).shape.length + 1, call.name);
  const rows = values.map((value, i) =>
    call.builder.reshape(value, value.shape.toSpliced(at, 0, 1), `${call.name}/${i}`),
  );
  return call.builder.concat(call.name, rows, at);
};

const unpack: Convert = (call) => {
  const x = call.input(0);
  const at = axisOf(call.int32(PACK.axis), x.shape.length, call.name);
  const pieces = pieceOf(call, x, at, Array(x.shape[at]).fill(1));
  return pieces.map((piece, i) =>
    call.builder.reshape(piece, x.shape.toSpliced(at, 1), `${call.name}/shape${i}`),
  );
};

/** Inputs: axis, x. */
const split: Convert = (call) => {
  const x = call.input(1);
  const at = axisOf(call.numbers(0, 'axis')[0], x.shape.length, call.name);
  const count = call.int32(SPLIT.count);
  if (!(count >= 1) || x.shape[at] % count !== 0)
    throw call.error(`num_splits: expected a divisor of ${x.shape[at]}, got ${count}`);
  return pieceOf(call, x, at, Array(count).fill(x.shape[at] / count));
};

/** Inputs: x, sizes, axis. */
const splitV: Convert = (call) => {
  const x = call.input(0);
  const at = axisOf(call.numbers(2, 'axis')[0], x.shape.length, call.name);
  const sizes = call.numbers(1, 'size_splits');
  const rest = x.shape[at] - sizes.filter((size) => size !== -1).reduce((a, b) => a + b, 0);
  return pieceOf(
    call,
    x,
    at,
    sizes.map((size) => (size === -1 ? rest : size)),
  );
};

/** Pieces of those sizes along an axis. */
function pieceOf(call: OperatorCall, x: Value, axis: number, sizes: readonly number[]): Value[] {
  if (sizes.reduce((a, b) => a + b, 0) !== x.shape[axis] || !sizes.every((size) => size >= 1))
    throw call.error(`sizes: expected a sum of ${x.shape[axis]}, got [${sizes}]`);
  let from = 0;
  return sizes.map((size, i) => {
    const begin = x.shape.map((_, at) => (at === axis ? from : 0));
    from += size;
    return call.builder.slice(`${call.name}/${i}`, x, begin, x.shape.with(axis, size));
  });
}

const slice: Convert = (call) => {
  const x = call.input(0);
  const begin = call.numbers(1, 'begin');
  const size = call.numbers(2, 'size').map((dim, axis) => (dim === -1 ? x.shape[axis] - begin[axis] : dim));
  const fits = size.length === x.shape.length && begin.length === x.shape.length;
  if (!fits || !size.every((dim, axis) => dim >= 1 && begin[axis] >= 0 && begin[axis] + dim <= x.shape[axis]))
    throw call.error(`begin, size: expected a part of [${x.shape}], got [${begin}], [${size}]`);
  return call.builder.slice(call.name, x, begin, size);
};

/** Numpy's `x[begin:end:stride, ...]`; bit i of a mask speaks of entry i. */
const stridedSlice: Convert = (call) => {
  const x = call.input(0);
  const [begins, ends, strides] = ['begin', 'end', 'strides'].map((what, i) => call.numbers(i + 1, what));
  const bit = (field: number, i: number): boolean => ((call.int32(field) >> i) & 1) === 1;
  const offset = call.bool(STRIDED_SLICE.offset);
  const { begin, size, step, shape } = { begin: [], size: [], step: [], shape: [] } as Record<
    string,
    number[]
  >;
  const take = (from: number, count: number, stride: number, keep: boolean): void => {
    begin.push(from);
    size.push(count);
    step.push(stride);
    if (keep) shape.push(count);
  };
  const whole = (): void => take(0, x.shape[begin.length], 1, true);
  begins.forEach((_, i) => {
    if (bit(STRIDED_SLICE.ellipsisMask, i)) {
      const later = begins.filter((_, j) => j > i && !bit(STRIDED_SLICE.newAxisMask, j)).length;
      while (begin.length < x.shape.length - later) whole();
    } else if (bit(STRIDED_SLICE.newAxisMask, i)) {
      shape.push(1);
    } else {
      const dim = x.shape[begin.length];
      if (dim === undefined || !strides[i])
        throw call.error(`begin: expected at most ${x.shape.length} entries, and strides that are not 0`);
      const end = offset ? begins[i] + ends[i] : ends[i];
      if (bit(STRIDED_SLICE.shrinkAxisMask, i)) {
        take(begins[i] < 0 ? begins[i] + dim : begins[i], 1, 1, false);
      } else {
        const from = bit(STRIDED_SLICE.beginMask, i) ? undefined : begins[i];
        const to = bit(STRIDED_SLICE.endMask, i) ? undefined : end;
        const [first, count] = rangeOf(dim, from, to, strides[i]);
        take(first, count, strides[i], true);
      }
    }
  });
  while (begin.length < x.shape.length) whole();
  const inside = begin.every((from, axis) => from >= 0 && from < x.shape[axis] && size[axis] >= 1);
  if (!inside) throw call.error(`begin, end: expected a part of [${x.shape}], got [${begins}], [${ends}]`);
  const part = call.builder.slice(`${call.name}/slice`, x, begin, size, step);
  return call.builder.reshape(part, shape, call.name);
};

/** First index and count of numpy's `from:to:stride` on an axis of `dim`. */
function rangeOf(
  dim: number,
  from: number | undefined,
  to: number | undefined,
  stride: number,
): [number, number] {
  const [low, high] = stride > 0 ? [0, dim] : [-1, dim - 1];
  const clamp = (at: number): number => Math.min(high, Math.max(low, at < 0 ? at + dim : at));
  const first = from === undefined ? (stride > 0 ? 0 : dim - 1) : clamp(from);
  const end = to === undefined ? (stride > 0 ? dim : -1) : clamp(to);
  return [first, Math.max(0, Math.ceil((end - first) / stride))];
}

const tile: Convert = (call) => {
  const repeats = call.numbers(1, 'multiples');
  const x = call.input(0);
  if (repeats.length !== x.shape.length || !repeats.every((count) => count >= 1))
    throw call.error(`multiples: expected ${x.shape.length} of at least 1, got [${repeats}]`);
  return call.builder.tile(call.name, x, repeats);
};

const broadcastTo: Convert = (call) =>
  call.builder.expand(call.name, call.input(0), call.numbers(1, 'shape'));

const gather: Convert = (call) => {
  const [x, indices] = [call.input(0), call.input(1)];
  const batchAxes = call.int32(GATHER.batchAxes);
  const leading = x.shape.slice(0, Math.max(0, batchAxes));
  if (!leading.every((dim) => dim === 1))
    throw new NotSupported(`batch_dims: expected only axes of 1, got ${batchAxes} of [${x.shape}]`);
  const own = call.builder.reshape(indices, indices.shape.slice(leading.length), `${call.name}/indices`);
  const y = call.builder.gather(call.name, x, own, call.int32(GATHER.axis));
  return y;
};

const gatherNd: Convert = ({ builder, name, input }) => builder.gatherNd(name, input(0), input(1));

/** Inputs: indices, table. */
const embeddingLookup: Convert = ({ builder, name, input }) => builder.gather(name, input(1), input(0), 0);

function pad(mode: (call: OperatorCall) => string): Convert {
  return (call) => {
    const x = call.input(0);
    const pads = call.numbers(1, 'paddings');
    if (pads.length !== 2 * x.shape.length || !pads.every((count) => count >= 0))
      throw call.error(`paddings: expected ${x.shape.length} pairs of numbers >= 0, got [${pads}]`);
    const before = pads.filter((_, i) => i % 2 === 0);
    const after = pads.filter((_, i) => i % 2 === 1);
    const fill = call.code === 'PADV2' ? scalarOf(call.input(2), `${call.name}: constant_values`) : 0;
    return call.builder.pad(call.name, x, before, after, mode(call), fill);
  };
}

function mirrorMode(call: OperatorCall): string {
  return call.int8(MIRROR_PAD.mode) === 0 ? 'reflect' : 'symmetric';
}

const reverse: Convert = (call) => {
  const x = call.input(0);
  const axes = call.numbers(1, 'axis').map((axis) => axisOf(axis, x.shape.length, call.name));
  const begin = x.shape.map((dim, axis) => (axes.includes(axis) ? dim - 1 : 0));
  const strides = x.shape.map((_, axis) => (axes.includes(axis) ? -1 : 1));
  return call.builder.slice(call.name, x, begin, x.shape, strides);
};

const shapeOf: Convert = ({ builder, input }) => {
  const { shape } = input(0);
  return builder.constant(Int32Array.from(shape), [shape.length]);
};

const rank: Convert = ({ builder, input }) => builder.constant(Int32Array.of(input(0).shape.length), []);

const range: Convert = (call) => {
  const [start, limit, delta] = [0, 1, 2].map((i) => scalarOf(call.input(i), `${call.name}: input ${i}`));
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!(count <= MOST)) throw call.error(`expected at most ${MOST} numbers, got ${count}`);
  return call.builder.constant(
    Float64Array.from({ length: count }, (_, i) => start + i * delta),
    [count],
  );
};

const zerosLike: Convert = ({ builder, input }) => {
  const { shape } = input(0);
  return builder.constant(new Float32Array(elements(shape)), shape.slice());
};

/** Inputs: indices, depth, on, off: `indices == 0..depth-1`, then `where`. */
const oneHot: Convert = (call) => {
  const { builder, name } = call;
  const indices = call.input(0);
  const [depth] = wholeNumbers(call.input(1), `${name}: depth`);
  if (!(depth >= 1 && depth <= MOST)) throw call.error(`depth: expected 1 to ${MOST}, got ${depth}`);
  const axis = call.int32(ONE_HOT.axis);
  const at = axisOf(axis, indices.shape.length + 1, name);
  const shape = indices.shape.toSpliced(at, 0, depth);
  const stretched = builder.reshape(indices, indices.shape.toSpliced(at, 0, 1), `${name}/indices`);
  const classes = builder.constant(
    Float32Array.from({ length: depth }, (_, i) => i),
    shape.map((dim, i) => (i === at ? dim : 1)),
  );
  const hot = builder.binary(`${name}/hot`, 'equal', stretched, classes);
  return builder.op(name, 'where', [hot, call.input(2), call.input(3)], {}, {}, shape);
};

export const LAYOUT: Record<string, Convert> = {
  RESHAPE: reshape,
  SQUEEZE: squeeze,
  EXPAND_DIMS: expandDims,
  TRANSPOSE: transpose,
  CONCATENATION: concatenation,
  PACK: pack,
  UNPACK: unpack,
  SPLIT: split,
  SPLIT_V: splitV,
  SLICE: slice,
  STRIDED_SLICE: stridedSlice,
  TILE: tile,
  BROADCAST_TO: broadcastTo,
  GATHER: gather,
  GATHER_ND: gatherNd,
  EMBEDDING_LOOKUP: embeddingLookup,
  PAD: pad(() => 'constant'),
  PADV2: pad(() => 'constant'),
  MIRROR_PAD: pad(mirrorMode),
  REVERSE_V2: reverse,
  SHAPE: shapeOf,
  RANK: rank,
  RANGE: range,
  ZEROS_LIKE: zerosLike,
  ONE_HOT: oneHot,
};
