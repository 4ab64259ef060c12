/** Parts of operands and operands put together: axes are counted as they lie, nothing is transposed for them. */
import { ImportError } from '../errors.js';
import type { Call, Convert } from './call.js';
import {
  isNatural,
  natural,
  naturalOrder,
  ordered,
  orderOf,
  permute,
  reshape,
  type Operand,
} from './operand.js';
import { fromImage, imageOf } from './window.js';

const concat: Convert = (call) => {
  const all = [call.input(0), ...call.operands.slice(1).map((_, i) => call.input(i + 1))];
  const operands = all.filter((x) => !x.shape.includes(0));
  if (operands.length === 0) return all[0];
  const axis = call.axis(call.int('axis', 1), operands[0].shape.length);
  return joined(call, operands, axis);
};

/** In the order of the first that does not lie naturally. */
function joined(call: Call, operands: readonly Operand[], axis: number): Operand {
  const leader = operands.find((x) => x.stored.tensor && !isNatural(x)) ?? operands[0];
  const order = orderOf(leader);
  const values = operands.map((x) => call.arrange(x, order));
  return ordered(call.builder.concat(call.name, values, order.indexOf(axis)), leader.kind, order);
}

/** `size` elements of each of ONNX' axes from `begin` on. */
function cut(
  call: Call,
  x: Operand,
  begin: readonly number[],
  size: readonly number[],
  strides: readonly number[],
  name = call.name,
): Operand {
  const order = orderOf(x);
  const lying = (list: readonly number[]): number[] => order.map((axis) => list[axis]);
  const stored = call.builder.slice(name, call.arrange(x, order), lying(begin), lying(size), lying(strides));
  return ordered(stored, x.kind, order);
}

/** Sizes are an attribute until opset 12 and an input since; from 18 on their number may do, and the last may be less. */
const split: Convert = (call) => {
  const x = call.input(0);
  const axis = call.axis(call.int('axis', 0), x.shape.length);
  const count = call.int('num_outputs', call.node.outputs.length);
  const part = Math.ceil(x.shape[axis] / count);
  const equal = Array.from({ length: count }, (_, i) => Math.min(part, x.shape[axis] - i * part));
  const sizes = call.listed('split', 1) ?? equal;
  if (sizes.reduce((a, b) => a + b, 0) !== x.shape[axis] || sizes.length !== call.node.outputs.length)
    throw new ImportError(
      'shape',
      `split: expected ${call.node.outputs.length} parts of ${x.shape[axis]}, got [${sizes}]`,
    );
  let at = 0;
  return sizes.map((size, i) => {
    const begin = x.shape.map((_, other) => (other === axis ? at : 0));
    at += size;
    const sides = x.shape.map((dim, other) => (other === axis ? size : dim));
    return cut(
      call,
      x,
      begin,
      sides,
      x.shape.map(() => 1),
      `${call.name}/${i}`,
    );
  });
};

/** Starts, ends, axes, steps: attributes in opset 9, inputs since. */
const slice: Convert = (call) => {
  const x = call.input(0);
  const starts = call.listed('starts', 1) ?? [];
  const ends = call.listed('ends', 2) ?? [];
  const axes = call.listed('axes', 3) ?? starts.map((_, i) => i);
  const steps = call.numbers(4, 'steps') ?? starts.map(() => 1);
  const begin = x.shape.map(() => 0);
  const size = x.shape.slice();
  const strides = x.shape.map(() => 1);
  axes.forEach((given, i) => {
    const axis = call.axis(given, x.shape.length);
    const [first, count] = extent(x.shape[axis], starts[i], ends[i], steps[i]);
    [begin[axis], size[axis], strides[axis]] = [first, count, steps[i]];
  });
  if (size.includes(0) && !x.stored.constant)
    throw new ImportError('shape', `expected some elements of [${x.shape}], got [${size}]`);
  return cut(call, x, begin, size, strides);
};

/** numpy's rule for one axis: first index and count. */
function extent(dim: number, start: number, end: number, step: number): [first: number, count: number] {
  if (!Number.isInteger(step) || step === 0)
    throw new ImportError('value', `steps: expected whole numbers but 0, got ${step}`);
  const clamp = (index: number, least: number, most: number): number =>
    Math.min(most, Math.max(least, index < 0 ? index + dim : index));
  const first = step > 0 ? clamp(start, 0, dim) : clamp(start, 0, dim - 1);
  const last = step > 0 ? clamp(end, 0, dim) : clamp(end, -1, dim - 1);
  return [first, Math.max(0, Math.ceil((last - first) / step))];
}

const gather: Convert = (call) => {
  const [x, indices] = [call.input(0), call.input(1)];
  const axis = call.axis(call.int('axis', 0), x.shape.length);
  return natural(call.builder.gather(call.name, call.natural(x), call.natural(indices), axis), x.kind);
};

/** With `batch_dims` not 0 the indices would be read within a batch. */
const gatherNd: Convert = (call) => {
  if (call.int('batch_dims', 0) !== 0)
    throw call.fault(`batch_dims: expected 0, got ${call.int('batch_dims', 0)}`);
  const [x, indices] = [call.input(0), call.input(1)];
  return natural(call.builder.gatherNd(call.name, call.natural(x), call.natural(indices)), x.kind);
};

const MODES: Record<string, string> = { constant: 'constant', reflect: 'reflect', edge: 'edge' };

/** Pads: an attribute until opset 10, an input since, from 18 on of the `axes` alone. Negative ones cut. */
const pad: Convert = (call) => {
  const x = call.input(0);
  const rank = x.shape.length;
  const pads = call.listed('pads', 1) ?? [];
  const axes = call.numbers(3, 'axes')?.map((axis) => call.axis(axis, rank)) ?? naturalOrder(rank);
  const mode = MODES[call.text('mode', 'constant')];
  if (!mode)
    throw call.fault(`mode: expected ${Object.keys(MODES).join(', ')}, got ${call.text('mode', '')}`);
  const fill = call.number(2, 'constant_value') ?? call.float('value', 0);
  const [before, after] = [0, axes.length].map((from) => {
    const list = x.shape.map(() => 0);
    axes.forEach((axis, i) => (list[axis] = pads[from + i]));
    return list;
  });
  if ([...before, ...after].some((count) => !Number.isInteger(count)))
    throw new ImportError('shape', `pads: expected ${axes.length * 2} whole numbers, got [${pads}]`);
  return padded(call, x, before, after, mode, fill);
};

function padded(
  call: Call,
  x: Operand,
  before: readonly number[],
  after: readonly number[],
  mode: string,
  fill: number,
): Operand {
  const begin = before.map((count) => Math.max(0, -count));
  const size = x.shape.map((dim, axis) => dim - begin[axis] - Math.max(0, -after[axis]));
  const inside = cut(
    call,
    x,
    begin,
    size,
    x.shape.map(() => 1),
    `${call.name}/cut`,
  );
  const order = orderOf(inside);
  const lying = (list: readonly number[]): number[] => order.map((axis) => Math.max(0, list[axis]));
  const value = call.arrange(inside, order);
  return ordered(call.builder.pad(call.name, value, lying(before), lying(after), mode, fill), x.kind, order);
}

const depthToSpace: Convert = (call) => {
  const mode = call.text('mode', 'DCR').toLowerCase();
  return rearranged(call, 'depth_to_space', { block: call.int('blocksize', 1), mode });
};

const spaceToDepth: Convert = (call) =>
  rearranged(call, 'space_to_depth', { block: call.int('blocksize', 1) });

function rearranged(call: Call, op: string, attributes: Record<string, number | string>): Operand {
  const x = call.input(0);
  return fromImage(call.builder.op(call.name, op, [imageOf(call, x)], attributes), x);
}

/** 1 at the index along a new axis, `values` elsewhere as given: a comparison with 0 .. depth - 1. */
const oneHot: Convert = (call) => {
  const indices = call.input(0);
  const [depth] = call.required(1, 'depth');
  const [off, on] = call.required(2, 'values');
  const rank = indices.shape.length + 1;
  const axis = call.axis(call.int('axis', -1), rank);
  const column = reshape(call.builder, indices, [...indices.shape, 1], call.name);
  const wrapped = call.elementwise(
    'floor_mod',
    [column, call.scalar(depth)],
    {},
    'integer',
    `${call.name}/mod`,
  );
  const counts = natural(
    call.builder.computed(`${call.name}/depth`, [depth], (i) => i),
    'float',
  );
  const hits = call.elementwise('equal', [wrapped, counts], {}, 'float', `${call.name}/equal`);
  const values = call.elementwise('where', [hits, call.scalar(on), call.scalar(off)], {}, 'float');
  const order = naturalOrder(rank - 1);
  order.splice(axis, 0, rank - 1);
  return permute(values, order);
};

export const selection: Record<string, Convert> = {
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  GatherND: gatherNd,
  Pad: pad,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  OneHot: oneHot,
};
