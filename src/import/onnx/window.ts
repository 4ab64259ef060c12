/** Windows of convolutions and pools, in rows and columns: a sequence is an image of one row. */
import { ImportError } from '../errors.js';
import type { Call } from './call.js';
import { channelsLast, type Operand } from './operand.js';
import type { Value } from '../values.js';

export interface Window {
  size: number[];
  strides: number[];
  dilations: number[];
  /** top, left, bottom, right */
  pads: number[];
}

/** The operand as an image of rows and columns, channels last: `[N, H, W, C]`. */
export function imageOf(call: Call, x: Operand): Value {
  const spatial = spatialRank(call, x);
  const [n, channels, ...sides] = x.shape;
  const shape = [n, ...(spatial === 1 ? [1] : []), ...sides, channels];
  return call.arrange(x, channelsLast(x.shape.length), shape);
}

/** An image of rows and columns as the output of a node whose input was `like`. */
export function fromImage(stored: Value, like: Operand): Operand {
  const [n, height, width, channels] = stored.shape;
  const base = { stored, sizes: stored.shape, kind: like.kind, ...(like.codes && { codes: like.codes }) };
  if (like.shape.length === 3) return { ...base, shape: [n, channels, width], axes: [[0], [3], [2]] };
  return { ...base, shape: [n, channels, height, width], axes: [[0], [3], [1], [2]] };
}

/** 1 or 2. */
export function spatialRank(call: Call, x: Operand): number {
  const rank = x.shape.length - 2;
  if (rank === 1 || rank === 2) return rank;
  throw call.fault(`expected an input [N,C,W] or [N,C,H,W], got [${x.shape}]; other ranks are not supported`);
}

/** Sides of a sequence or image, as rows and columns. */
export function sidesOf(x: Operand): number[] {
  return x.shape.length === 3 ? [1, x.shape[2]] : x.shape.slice(2);
}

/** Attributes of one number a side, as rows and columns; a sequence has one row. */
export function perSide(call: Call, name: string, spatial: number, fallback: number): number[] {
  const list = call.ints(name);
  if (!list || list.length === 0) return [spatial === 1 && fallback !== 0 ? 1 : fallback, fallback];
  if (list.length !== spatial)
    throw new ImportError('shape', `${name}: expected ${spatial} numbers, got [${list}]`);
  return spatial === 1 ? [name === 'output_padding' ? 0 : 1, ...list] : list;
}

/** @param size of the kernel, rows and columns */
export function windowOf(call: Call, x: Operand, size: number[]): Window {
  const spatial = spatialRank(call, x);
  const strides = perSide(call, 'strides', spatial, 1);
  const dilations = perSide(call, 'dilations', spatial, 1);
  const pads = padsOf(call, sidesOf(x), { size, strides, dilations });
  return { size, strides, dilations, pads };
}

/** Explicit pads, or those that `auto_pad` stands for: SAME gives ceil(side / stride) outputs. */
function padsOf(call: Call, sides: readonly number[], window: Omit<Window, 'pads'>): number[] {
  const mode = call.text('auto_pad', 'NOTSET');
  if (mode === 'VALID') return [0, 0, 0, 0];
  if (mode === 'NOTSET') return explicitPads(call);
  const totals = sides.map((side, axis) => {
    const outputs = Math.ceil(side / window.strides[axis]);
    const extent = (window.size[axis] - 1) * window.dilations[axis] + 1;
    return Math.max(0, (outputs - 1) * window.strides[axis] + extent - side);
  });
  return splitPads(totals, mode);
}

/** The odd pixel stands after the image, or with SAME_LOWER before it. */
export function splitPads(totals: readonly number[], mode: string): number[] {
  const less = totals.map((total) => Math.floor(total / 2));
  const more = totals.map((total, axis) => total - less[axis]);
  return mode === 'SAME_LOWER' ? [...more, ...less] : [...less, ...more];
}

/** ONNX lists all begins, then all ends, as a graph does. */
export function explicitPads(call: Call): number[] {
  const pads = call.ints('pads') ?? [];
  if (pads.some((pad) => pad < 0)) throw call.fault(`pads: expected numbers >= 0, got [${pads}]`);
  return pads.length === 0 ? [0, 0, 0, 0] : pads.length === 2 ? [0, pads[0], 0, pads[1]] : pads;
}
