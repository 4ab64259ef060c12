/** Pools and resizing. */
import type { Call, Converter, Converters } from './call.js';
import { imageOf, padsOf, pairOf } from './window.js';

function pool(op: string): Converter {
  return (call) => {
    const x = imageOf(call, 'x');
    const size = pairOf(call, 'kernelSize');
    const strides = pairOf(call, 'strides');
    const pads = padsOf(call, [x.shape[1], x.shape[2]], size, strides);
    return call.builder.op(call.name, op, [x], { size, strides, pads });
  };
}

function resize(mode: 'linear' | 'nearest'): Converter {
  return (call) => {
    const x = imageOf(call, 'images');
    const size = call.integers('size');
    return call.builder.op(call.name, 'resize2d', [x], { size, mode, ...sampling(call, mode) });
  };
}

/** tensorflow/core/util/image_resizer_state.h; nearest takes the pixel before, or with corners aligned the nearer one, the later of two. */
function sampling(call: Call, mode: string): { coordinates: string; rounding?: string } {
  const corners = call.flag('alignCorners');
  const half = call.flag('halfPixelCenters');
  if (mode === 'linear')
    return { coordinates: corners ? 'align_corners' : half ? 'half_pixel' : 'asymmetric' };
  if (corners) return { coordinates: 'align_corners', rounding: 'round_prefer_ceil' };
  return { coordinates: half ? 'tf_half_pixel_for_nn' : 'asymmetric', rounding: 'floor' };
}

export const pooling: Converters = {
  AvgPool: pool('avg_pool2d'),
  MaxPool: pool('max_pool2d'),
  ResizeBilinear: resize('linear'),
  ResizeNearestNeighbor: resize('nearest'),
};
