/** Parts of tensors, and tensors of parts. */
import { ImportError } from '../errors.js';
import { elements } from '../../graph/index.js';
import { axisOf, type Value } from '../values.js';
import type { Call, Converter, Converters } from './call.js';
import { LARGEST } from './finite.js';
import { stridedSlice } from './strided-slice.js';

function slice(call: Call): Value {
  const x = call.value('x');
  const begin = call.integers('begin');
  const size = call
    .integers('size')
    .map((count, axis) => (count === -1 ? x.shape[axis] - begin[axis] : count));
  return part(call, call.name, x, begin, size);
}

/** builder.slice; a part without elements is a constant, as shape arithmetic may make it. */
export function part(
  { builder }: Call,
  name: string,
  x: Value,
  begin: readonly number[],
  size: readonly number[],
  strides?: readonly number[],
): Value {
  if (size.includes(0) && x.constant) return builder.constant(new Float32Array(0), [...size]);
  return builder.slice(name, x, begin, size, strides);
}

/** Parts along an axis, one after another. */
function parts(call: Call, x: Value, axis: number, sizes: readonly number[]): Value[] {
  let at = 0;
  return sizes.map((count, i) => {
    const begin = x.shape.map((_, other) => (other === axis ? at : 0));
    const size = x.shape.map((dim, other) => (other === axis ? count : dim));
    at += count;
    return part(call, outputName(call, i), x, begin, size);
  });
}

/** A node's first output has its name. */
function outputName({ name }: Call, output: number): string {
  return output === 0 ? name : `${name}:${output}`;
}

function split(call: Call): Value[] {
  const x = call.value('x');
  const axis = axisOf(call.integer('axis', 0), x.shape.length, 'axis');
  const count = call.integer('numOrSizeSplits');
  if (!(count >= 1 && x.shape[axis] % count === 0))
    throw call.wrong('num_split', `a divisor of ${x.shape[axis]}`, count);
  return parts(call, x, axis, Array<number>(count).fill(x.shape[axis] / count));
}

/** One size may be -1: what the others leave. */
function splitV(call: Call): Value[] {
  const x = call.value('x');
  const axis = axisOf(call.integer('axis', 0), x.shape.length, 'axis');
  const given = call.integers('numOrSizeSplits');
  const rest = x.shape[axis] - given.reduce((sum, size) => sum + Math.max(size, 0), 0);
  const sizes = given.map((size) => (size === -1 ? rest : size));
  if (sizes.some((size) => size < 0) || sizes.reduce((a, b) => a + b, 0) !== x.shape[axis])
    throw call.wrong('size_splits', `sizes that sum to ${x.shape[axis]}`, given);
  return parts(call, x, axis, sizes);
}

function unpack(call: Call): Value[] {
  const x = call.value('tensor');
  const axis = axisOf(call.integer('axis'), x.shape.length, 'axis');
  const shape = x.shape.filter((_, other) => other !== axis);
  return parts(call, x, axis, Array<number>(x.shape[axis]).fill(1)).map((value, i) => {
    return call.builder.reshape(value, shape, outputName(call, i));
  });
}

function pack(call: Call): Value {
  const values = call.values('tensors');
  if (values.length === 0)
    throw new ImportError('shape', `${call.name}: expected at least one tensor, got none`);
  const [{ shape }] = values;
  const axis = axisOf(call.integer('axis'), shape.length + 1, 'axis');
  const longer = values.map((value, i) => {
    const expanded = [...value.shape.slice(0, axis), 1, ...value.shape.slice(axis)];
    return call.builder.reshape(value, expanded, `${call.name}/${i}`);
  });
  return call.builder.concat(call.name, longer, axis);
}

function concat(call: Call): Value {
  const values = call.values('tensors').filter(({ shape }) => elements(shape) > 0);
  const [empty] = call.values('tensors');
  if (values.length === 0 && empty) return empty;
  return call.builder.concat(call.name, values, call.integer('axis'));
}

/** Batch axes of 1 are put aside; the gather is the same without. */
function gather(call: Call): Value {
  const { name, node, builder } = call;
  const [x, indices] = [call.value('x'), call.value('indices')];
  const axis = axisOf(call.has('axis') ? call.integer('axis') : 0, x.shape.length, 'axis');
  const count = 'batchDims' in node.attributes ? call.integer('batchDims') : 0;
  if (count === 0) return builder.gather(name, x, indices, axis);
  const batch = x.shape.slice(0, count);
  if (count < 0 || count > axis || elements(batch) !== 1) throw call.wrong('batch_dims', 'axes of 1', batch);
  const inner = [x, indices].map((value) =>
    builder.reshape(value, value.shape.slice(count), `${name}/inner`),
  );
  const gathered = builder.gather(`${name}/gather`, inner[0], inner[1], axis - count);
  return builder.reshape(gathered, [...batch, ...gathered.shape], name);
}

function gatherNd(call: Call): Value {
  return call.builder.gatherNd(call.name, call.value('x'), call.value('indices'));
}

function reverse(axes: (call: Call, x: Value) => number[]): Converter {
  return (call) => {
    const x = call.value('x');
    const turned = new Set(axes(call, x).map((axis) => axisOf(axis, x.shape.length, 'axis')));
    const begin = x.shape.map((dim, axis) => (turned.has(axis) ? dim - 1 : 0));
    const strides = x.shape.map((_, axis) => (turned.has(axis) ? -1 : 1));
    return call.builder.slice(call.name, x, begin, x.shape, strides);
  };
}

/** More would be a node too many for each: sorting is for the host. */
const MOST_TOP = 16;

/** The largest and its place, then the largest of the rest, and so on: of equals the first, as TensorFlow. */
function topK(call: Call): Value[] {
  const { name, builder } = call;
  const [x, k] = [call.value('x'), call.integer('k')];
  const last = x.shape.length - 1;
  if (!(k >= 1 && k <= MOST_TOP && k <= x.shape[last]))
    throw call.wrong(
      'k',
      `1 to ${MOST_TOP}`,
      `${k}; name the tensor that it reads in outputs and sort outside`,
    );
  const range = builder.constant(
    Float32Array.from({ length: x.shape[last] }, (_, i) => i),
    [x.shape[last]],
  );
  const taken = builder.constant(Float32Array.of(-LARGEST), []);
  const values: Value[] = [];
  const places: Value[] = [];
  let rest = x;
  for (let i = 0; i < k; i++) {
    values.push(builder.reduce(`${name}/max/${i}`, 'reduce_max', rest, [-1], true));
    places.push(builder.argReduce(`${name}/place/${i}`, 'argmax', rest, -1, true));
    if (i === k - 1) break;
    const isIt = builder.binary(`${name}/is/${i}`, 'equal', range, places[i]);
    rest = builder.op(`${name}/rest/${i}`, 'where', [isIt, taken, rest], {}, {}, x.shape);
  }
  return [builder.concat(name, values, last), builder.concat(`${name}:1`, places, last)];
}

export const slicing: Converters = {
  Concat: concat,
  ConcatV2: concat,
  Gather: gather,
  GatherNd: gatherNd,
  GatherV2: gather,
  Pack: pack,
  Reverse: reverse((call) => call.integers('dims').flatMap((isTurned, axis) => (isTurned ? [axis] : []))),
  ReverseV2: reverse((call) => call.integers('axis')),
  Slice: slice,
  Split: split,
  SplitV: splitV,
  StridedSlice: stridedSlice,
  TopKV2: topK,
  Unpack: unpack,
};
