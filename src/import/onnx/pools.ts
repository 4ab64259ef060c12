/** Pools: an average in a graph counts pixels inside only, ONNX' may count the padding too. */
import type { Value } from '../values.js';
import type { Call, Convert } from './call.js';
import { int8Node } from './int8.js';
import type { Operand } from './operand.js';
import { fromImage, imageOf, perSide, sidesOf, spatialRank, windowOf, type Window } from './window.js';

/** The window, with `ceil_mode`'s last rows and columns as more padding. */
function poolWindow(call: Call, x: Operand): { window: Window; extra: number[] } {
  const size = perSide(call, 'kernel_shape', spatialRank(call, x), 1);
  const window = windowOf(call, x, size);
  if (window.dilations.some((dilation) => dilation !== 1))
    throw call.fault(`dilations: expected 1 in a pool, got [${window.dilations}]`);
  const extra = sidesOf(x).map((side, axis) => ceilPadding(call, window, side, axis));
  return { window, extra };
}

/** ONNX starts no window beyond the image and the padding before it. */
function ceilPadding(call: Call, { size, strides, pads }: Window, side: number, axis: number): number {
  if (call.int('ceil_mode', 0) === 0) return 0;
  const padded = side + pads[axis] + pads[axis + 2];
  let outputs = Math.ceil((padded - size[axis]) / strides[axis]) + 1;
  if ((outputs - 1) * strides[axis] >= side + pads[axis]) outputs--;
  return Math.max(0, (outputs - 1) * strides[axis] + size[axis] - padded);
}

const maxPool: Convert = (call) => {
  if (call.node.outputs[1]) throw call.fault('Indices: expected no second output, got one that is used');
  const x = call.input(0);
  const { window, extra } = poolWindow(call, x);
  return fromImage(
    call.builder.op(call.name, 'max_pool2d', [imageOf(call, x)], poolAttributes(window, extra)),
    x,
  );
};

function poolAttributes({ size, strides, pads }: Window, extra: readonly number[]): Record<string, number[]> {
  const [top, left, bottom, right] = pads;
  return { size, strides, pads: [top, left, bottom + extra[0], right + extra[1]] };
}

const averagePool: Convert = (call) => {
  const x = call.input(0);
  const { window, extra } = poolWindow(call, x);
  const isPadded = call.int('count_include_pad', 0) === 1 && window.pads.some((pad) => pad > 0);
  const output = (stored: Value): Operand => fromImage(stored, { ...x, codes: undefined });
  if (isPadded) return output(averageOfPadded(call, x, window, extra));
  const attributes = poolAttributes(window, extra);
  const node = { op: 'avg_pool2d', attributes, output };
  const int8 = int8Node(call, ([codes]) => [imageOf(call, codes)], node);
  return int8 ?? output(call.builder.op(call.name, 'avg_pool2d', [imageOf(call, x)], attributes));
};

/** Zeros around the image are pixels like others. */
function averageOfPadded(call: Call, x: Operand, window: Window, extra: readonly number[]): Value {
  const padded = paddedImage(call, x, window.pads);
  const attributes = poolAttributes({ ...window, pads: [0, 0, 0, 0] }, extra);
  return call.builder.op(call.name, 'avg_pool2d', [padded], attributes);
}

function paddedImage(call: Call, x: Operand, [top, left, bottom, right]: readonly number[]): Value {
  return call.builder.pad(`${call.name}/pad`, imageOf(call, x), [0, top, left, 0], [0, bottom, right, 0]);
}

/** (sum |x|^p)^(1/p) over the window: its average, times its size. */
const lpPool: Convert = (call) => {
  const x = call.input(0);
  const { window, extra } = poolWindow(call, x);
  const p = call.int('p', 2);
  const pooled = averageOfPadded(call, powered(call, x, p), window, extra);
  const [rows, columns] = window.size;
  return root(call, fromImage(pooled, x), p, rows * columns);
};

function powered(call: Call, x: Operand, p: number): Operand {
  const size = call.unary('abs', x, {}, 'float', `${call.name}/abs`);
  return p === 1 ? size : call.elementwise('pow', [size, call.scalar(p)], {}, 'float', `${call.name}/pow`);
}

/** (mean * count)^(1/p) */
function root(call: Call, mean: Operand, p: number, count: number): Operand {
  const sum = call.elementwise('mul', [mean, call.scalar(count)], {}, 'float', `${call.name}/sum`);
  return p === 1 ? sum : call.elementwise('pow', [sum, call.scalar(1 / p)], {}, 'float', `${call.name}/root`);
}

/** [N,C,H,W] -> [N,C,1,1] */
export function globalPool(call: Call, op: string, x: Operand): Operand {
  const output = (stored: Value): Operand => fromChannels(stored, x);
  const attributes = {};
  const int8 =
    op === 'global_avg_pool2d' &&
    int8Node(call, ([codes]) => [imageOf(call, codes)], { op, attributes, output });
  return int8 || output(call.builder.op(call.name, op, [imageOf(call, x)]));
}

function fromChannels(stored: Value, x: Operand): Operand {
  const shape = x.shape.map((dim, axis) => (axis < 2 ? dim : 1));
  const axes = x.shape.map((_, axis) => (axis < 2 ? [axis] : []));
  return { shape, stored, sizes: stored.shape, axes, kind: x.kind };
}

const globalLpPool: Convert = (call) => {
  const x = call.input(0);
  const p = call.int('p', 2);
  const stored = call.builder.op(call.name, 'global_avg_pool2d', [imageOf(call, powered(call, x, p))]);
  return root(call, fromChannels(stored, x), p, sidesOf(x)[0] * sidesOf(x)[1]);
};

export const pools: Record<string, Convert> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  GlobalMaxPool: (call) => globalPool(call, 'global_max_pool2d', call.input(0)),
  GlobalAveragePool: (call) => globalPool(call, 'global_avg_pool2d', call.input(0)),
  GlobalLpPool: globalLpPool,
};
