/** Resize in its four forms, and Upsample: rows and columns only. */
import type { Attribute } from '../../graph/graph.js';
import { ImportError } from '../errors.js';
import type { Call, Convert } from './call.js';
import type { Operand } from './operand.js';
import { fromImage, imageOf, sidesOf, spatialRank } from './window.js';

const COORDINATES = [
  'half_pixel',
  'asymmetric',
  'align_corners',
  'pytorch_half_pixel',
  'tf_half_pixel_for_nn',
];

/** Output sides and scales of rows and columns. */
interface Target {
  size: number[];
  /** 0: output / input. */
  scales: number[];
}

/** Opset 9 (Upsample) and 10 read input pixel floor(y / scale), or interpolate at y / scale. */
const upsample: Convert = (call) => {
  const x = call.input(0);
  const scales = call.floats('scales') ?? call.numbers(1, 'scales') ?? [];
  const target = fromScales(call, x, allAxes(call, x, scales, 1));
  return resized(call, x, target, modeOf(call), { coordinates: 'asymmetric', rounding: 'floor' });
};

const resize: Convert = (call) => {
  if (call.opset < 11) return upsample(call);
  const x = call.input(0);
  const coordinates = call.text('coordinate_transformation_mode', 'half_pixel');
  if (!COORDINATES.includes(coordinates))
    throw call.fault(
      `coordinate_transformation_mode: expected ${COORDINATES.join(', ')}, got ${coordinates}`,
    );
  if (call.int('antialias', 0) === 1) throw call.fault('antialias: expected 0, got 1');
  const rounding = call.text('nearest_mode', 'round_prefer_floor');
  return resized(call, x, targetOf(call, x), modeOf(call), { coordinates, rounding });
};

function modeOf(call: Call): string {
  const mode = call.text('mode', 'nearest');
  if (mode === 'nearest' || mode === 'linear' || mode === 'bilinear') return mode.replace('bi', '');
  throw call.fault(`mode: expected nearest or linear, got ${mode}`);
}

function targetOf(call: Call, x: Operand): Target {
  const scales = call.numbers(2, 'scales') ?? [];
  if (scales.length > 0) return fromScales(call, x, allAxes(call, x, scales, 1));
  const policy = call.text('keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch') throw call.fault(`keep_aspect_ratio_policy: expected stretch, got ${policy}`);
  const given = call.numbers(3, 'sizes') ?? [];
  const sizes = allAxes(call, x, given, undefined);
  if (sizes[0] !== x.shape[0] || sizes[1] !== x.shape[1])
    throw call.fault(`sizes: expected batch and channels of [${x.shape}], got [${given}]`);
  return { size: withRow(sizes.slice(2), 1), scales: [0, 0] };
}

/** Of every axis, where `axes` (opset 18) name some. */
function allAxes(call: Call, x: Operand, given: readonly number[], fallback: number | undefined): number[] {
  const axes = call.ints('axes')?.map((axis) => call.axis(axis, x.shape.length)) ?? x.shape.map((_, i) => i);
  if (given.length !== axes.length)
    throw new ImportError('shape', `scales, sizes: expected ${axes.length} numbers, got [${given}]`);
  const all = x.shape.map((dim) => fallback ?? dim);
  axes.forEach((axis, i) => (all[axis] = given[i]));
  return all;
}

function fromScales(call: Call, x: Operand, scales: readonly number[]): Target {
  if (scales[0] !== 1 || scales[1] !== 1)
    throw call.fault(`scales: expected 1 for batch and channels, got [${scales}]`);
  const sides = x.shape.slice(2).map((dim, i) => Math.floor(dim * Math.fround(scales[i + 2])));
  return { size: withRow(sides, 1), scales: withRow(scales.slice(2).map(shortest), 1) };
}

/** An f32 in the fewest digits: onnxruntime divides in f32, where 8 / 1.6 is 5; with 1.60000002 it would be less. */
function shortest(scale: number): number {
  return Number(scale.toPrecision(7));
}

/** A sequence has one row. */
function withRow(sides: readonly number[], row: number): number[] {
  return sides.length === 1 ? [row, ...sides] : sides.slice();
}

function resized(
  call: Call,
  x: Operand,
  { size, scales }: Target,
  mode: string,
  how: Record<string, Attribute>,
): Operand {
  spatialRank(call, x);
  if (`${size}` === `${sidesOf(x)}` && scales.every((scale) => scale === 0 || scale === 1)) return x;
  const attributes = { size, mode, scale_y: scales[0], scale_x: scales[1], ...how };
  return fromImage(call.builder.op(call.name, 'resize2d', [imageOf(call, x)], attributes), x);
}

export const resizing: Record<string, Convert> = { Resize: resize, Upsample: upsample };
