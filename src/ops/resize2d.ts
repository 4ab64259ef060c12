import type { Attribute } from '../graph/graph.js';
import { numberOf, oneOf, pairOf } from './attributes.js';
import { lastAxis } from './channels.js';
import { interpolated, interpolatedTensor, type Neighbours } from './interpolate.js';
import type { OpSpec } from './op.js';
import { pick, rowStrides } from './positions.js';
import { F32_OR_INT8, NO_WEIGHTS } from './spec.js';
import { imageShape } from './values.js';

type Attributes = Record<string, Attribute>;

const MODES = ['linear', 'nearest'] as const;
const ROUNDINGS = ['round_prefer_floor', 'floor', 'ceil', 'round_prefer_ceil'] as const;
const COORDINATES = [
  'half_pixel',
  'asymmetric',
  'align_corners',
  'pytorch_half_pixel',
  'tf_half_pixel_for_nn',
] as const;

/**
 * [H,W,C] -> [size, C]: rows, then columns. `coordinates` and `rounding` are ONNX's coordinate_transformation_mode and
 * nearest_mode; TensorFlow's plain, align_corners and half_pixel_centers are asymmetric (nearest: floor), align_corners
 * (nearest: round_prefer_ceil) and half_pixel (nearest: tf_half_pixel_for_nn and floor).
 */
export const resize2d: OpSpec = {
  name: 'resize2d',
  attributes: {
    size: undefined,
    mode: 'linear',
    coordinates: 'half_pixel',
    rounding: 'round_prefer_floor',
    scale_y: 0,
    scale_x: 0,
  },
  inputs: 1,
  dtypes: F32_OR_INT8,
  keepsQuantization: true,
  weights: NO_WEIGHTS,
  channels: lastAxis,
  prunable: [],
  inferShape({ inputs: [input], attributes }) {
    const mode = oneOf(attributes, 'mode', MODES);
    oneOf(attributes, 'coordinates', COORDINATES);
    oneOf(attributes, 'rounding', ROUNDINGS);
    numberOf(attributes, 'scale_y', 0, Infinity);
    numberOf(attributes, 'scale_x', 0, Infinity);
    if (mode === 'linear' && input.dtype === 'i8') {
      throw new RangeError('mode: expected nearest for int8, got linear');
    }
    return [...pairOf(attributes, 'size'), imageShape(input)[2]];
  },
  reference({ inputs: [{ shape }], attributes }, [x]) {
    const [rows, columns] = resizeNeighbours(shape, attributes);
    if (attributes.mode === 'nearest') return pick(x, nearestPositions(shape, rows, columns));
    const tall = interpolated(x, shape, 0, rows);
    return interpolated(tall, shape.with(0, rows.lower.length), 1, columns);
  },
  train({ attributes, inputs: [x] }) {
    const [rows, columns] = resizeNeighbours(x.shape.slice(1), attributes);
    return interpolatedTensor(interpolatedTensor(x, 1, rows), 2, columns);
  },
};

/** What each row and each column of the result reads; nearest: `lower` alone, with fractions of 0. */
export function resizeNeighbours(
  shape: readonly number[],
  attributes: Attributes,
): [rows: Neighbours, columns: Neighbours] {
  const size = attributes.size as number[];
  const axis = (i: 0 | 1, scale: string): Neighbours => {
    return neighboursOf(shape[i], size[i], attributes[scale] as number, attributes);
  };
  return [axis(0, 'scale_y'), axis(1, 'scale_x')];
}

function neighboursOf(from: number, to: number, scale: number, attributes: Attributes): Neighbours {
  const clamped = (x: number): number => Math.min(from - 1, Math.max(0, x));
  const at = Array.from({ length: to }, (_, i) => coordinate(i, from, to, scale, attributes.coordinates));
  if (attributes.mode === 'nearest') {
    const lower = Int32Array.from(at, (x) => clamped(rounded(x, attributes.rounding)));
    return { lower, upper: lower, fraction: new Float32Array(to) };
  }
  const lower = Int32Array.from(at, (x) => Math.floor(clamped(x)));
  return {
    lower,
    upper: lower.map((index) => clamped(index + 1)),
    fraction: Float32Array.from(at, (x, i) => clamped(x) - lower[i]),
  };
}

/**
 * Where element i of the result lies in the input. `scale` is out / in, 0 for that of the sizes: then whole quotients are
 * exact. A scale is an f32, and its quotient is rounded to f32, as engines compute it: 8 / 1.6 is 5, not a little less.
 */
function coordinate(i: number, from: number, to: number, scale: number, coordinates: Attribute): number {
  const unscaled = (x: number): number => (scale === 0 ? (x * from) / to : Math.fround(x / scale));
  if (coordinates === 'asymmetric') return unscaled(i);
  if (coordinates === 'align_corners') return to === 1 ? 0 : (i * (from - 1)) / (to - 1);
  if (coordinates === 'tf_half_pixel_for_nn') return unscaled(i + 0.5);
  if (coordinates === 'pytorch_half_pixel' && to === 1) return 0;
  return unscaled(i + 0.5) - 0.5;
}

function rounded(x: number, rounding: Attribute): number {
  if (rounding === 'floor') return Math.floor(x);
  if (rounding === 'ceil') return Math.ceil(x);
  return rounding === 'round_prefer_ceil' ? Math.floor(x + 0.5) : Math.ceil(x - 0.5);
}

function nearestPositions(shape: readonly number[], rows: Neighbours, columns: Neighbours): Int32Array {
  const [row, column] = rowStrides(shape);
  const positions = new Int32Array(rows.lower.length * columns.lower.length * column);
  let at = 0;
  for (let y = 0; y < rows.lower.length; y++) {
    for (let x = 0; x < columns.lower.length; x++) {
      const from = rows.lower[y] * row + columns.lower[x] * column;
      for (let c = 0; c < column; c++) positions[at++] = from + c;
    }
  }
  return positions;
}
