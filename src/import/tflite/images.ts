/** Pools, resizing, blocks of pixels. */
import type { Value } from '../values.js';
import { activated } from './activation.js';
import { NotSupported, type Convert, type OperatorCall } from './call.js';
import { geometry } from './linear.js';
import { BLOCK, POOL, RESIZE_BILINEAR, RESIZE_NEAREST } from './schema.js';

/** Averages count pixels inside only, in TFLite too. */
function pool(op: string): Convert {
  return (call) => {
    const image = call.input(0);
    const size = [call.int32(POOL.height), call.int32(POOL.width)];
    const { strides, pads } = geometry(call, POOL, size, image);
    return activated(call, POOL.activation, call.builder.op(call.name, op, [image], { size, strides, pads }));
  };
}

/** Neither flag: `in = out * scale` (asymmetric); in nearest, with the half pixel, rounded down after `(out + 0.5) * scale`. */
function resize(mode: 'linear' | 'nearest', fields: { alignCorners: number; halfPixel: number }): Convert {
  return (call) => {
    const [height, width] = call.numbers(1, 'size');
    const alignCorners = call.bool(fields.alignCorners);
    const halfPixel = call.bool(fields.halfPixel);
    const attributes = { size: [height, width], mode, ...coordinates(mode, alignCorners, halfPixel) };
    return call.builder.op(call.name, 'resize2d', [imageOf(call)], attributes);
  };
}

function coordinates(mode: string, alignCorners: boolean, halfPixel: boolean): Record<string, string> {
  if (mode === 'linear') {
    return { coordinates: alignCorners ? 'align_corners' : halfPixel ? 'half_pixel' : 'asymmetric' };
  }
  // Halves go up: TfLiteRound is roundf, away from zero.
  if (alignCorners) return { coordinates: 'align_corners', rounding: 'round_prefer_ceil' };
  return { coordinates: halfPixel ? 'tf_half_pixel_for_nn' : 'asymmetric', rounding: 'floor' };
}

function blocks(op: string): Convert {
  return (call) => call.builder.op(call.name, op, [imageOf(call)], { block: call.int32(BLOCK.size) });
}

function imageOf(call: OperatorCall): Value {
  const image = call.input(0);
  if (image.shape.length !== 4) throw call.error(`input: expected [1,H,W,C], got [${image.shape}]`);
  if (image.shape[0] !== 1) throw new NotSupported(`input: expected a batch of 1, got [${image.shape}]`);
  return image;
}

export const IMAGES: Record<string, Convert> = {
  AVERAGE_POOL_2D: pool('avg_pool2d'),
  MAX_POOL_2D: pool('max_pool2d'),
  RESIZE_BILINEAR: resize('linear', RESIZE_BILINEAR),
  RESIZE_NEAREST_NEIGHBOR: resize('nearest', RESIZE_NEAREST),
  DEPTH_TO_SPACE: blocks('depth_to_space'),
  SPACE_TO_DEPTH: blocks('space_to_depth'),
};
