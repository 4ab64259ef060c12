/** Pooling, padding, cropping and resizing of sequences and images. */
import { eitherFormat, type LayerCall, type LayerSpec } from './layer.js';
import { imageBack, imageOf, windowPads, type Rank } from './spatial.js';

/** MaxPooling1D/2D, AveragePooling1D/2D */
export function pool(op: 'max_pool2d' | 'avg_pool2d', rank: Rank): LayerSpec {
  return eitherFormat({
    convert(call) {
      const { tensor, shape } = imageOf(call, rank);
      const size = call.config.pair('pool_size', rank, [2, 2]);
      const strides = call.config.pair('strides', rank, size);
      const pads = windowPads(call, rank, shape, { size, strides, dilations: [1, 1] });
      return imageBack(call, call.node(op, [tensor], { size, strides, pads }), rank);
    },
  });
}

/** GlobalMaxPooling1D/2D, GlobalAveragePooling1D/2D; with `keepdims` the result stays one of a single place. */
export function globalPool(op: 'global_max_pool2d' | 'global_avg_pool2d', rank: Rank): LayerSpec {
  return eitherFormat({
    convert(call) {
      const { tensor, shape } = imageOf(call, rank);
      const pooled = call.node(op, [tensor]);
      if (!call.config.flag('keepdims', false)) return pooled;
      return call.reshape(pooled, [1, 1, shape[2]].slice(2 - rank), 'keepdims');
    },
  });
}

/** ZeroPadding1D/2D */
export function zeroPadding(rank: Rank): LayerSpec {
  return eitherFormat({
    convert(call) {
      const { tensor } = imageOf(call, rank);
      const pads = call.config.borders('padding', rank, 1);
      return imageBack(call, call.node('pad2d', [tensor], { pads }), rank);
    },
  });
}

/** Cropping1D/2D */
export function cropping(rank: Rank): LayerSpec {
  return eitherFormat({
    convert(call) {
      const shape = call.shapeLike(['height', 'width', 'channels'].slice(2 - rank));
      const [top, left, bottom, right] = call.config.borders('cropping', rank, rank === 1 ? 1 : 0);
      const cut = [top + bottom, left + right, 0].slice(2 - rank);
      const begin = [top, left, 0].slice(2 - rank);
      return cropped(
        call,
        begin,
        shape.map((dim, axis) => dim - cut[axis]),
      );
    },
  });
}

/** The middle of a larger image. */
export const centerCrop: LayerSpec = eitherFormat({
  convert(call) {
    const [height, width, channels] = call.shapeLike(['height', 'width', 'channels']);
    const size = [call.config.count('height'), call.config.count('width'), channels];
    return cropped(call, [(height - size[0]) >> 1, (width - size[1]) >> 1, 0], size);
  },
});

function cropped(call: LayerCall, begin: number[], size: number[]): string {
  const from = call.shapeOf(call.input);
  if (size.some((dim, axis) => dim < 1 || begin[axis] < 0 || begin[axis] + dim > from[axis]))
    throw call.shapeError(`expected a part of [${from}], got [${size}]`);
  if (`${size}` === `${from}`) return call.input;
  return call.node('slice', [call.input], { begin, size });
}

/** UpSampling1D/2D */
export function upSampling(rank: Rank): LayerSpec {
  return eitherFormat({
    faults: interpolationFaults,
    convert(call) {
      const { tensor, shape } = imageOf(call, rank);
      const [rows, columns] = call.config.pair('size', rank, [2, 2]);
      return imageBack(call, resized(call, tensor, [shape[0] * rows, shape[1] * columns], 'nearest'), rank);
    },
  });
}

export const resizing: LayerSpec = eitherFormat({
  faults: (settings) => [
    ...interpolationFaults(settings),
    ...['crop_to_aspect_ratio', 'pad_to_aspect_ratio']
      .filter((key) => settings[key] === true)
      .map((key) => `${key}: expected false, got true; bring images to the shape of the input before`),
  ],
  convert(call) {
    const { tensor } = imageOf(call, 2);
    return resized(call, tensor, [call.config.count('height'), call.config.count('width')], 'bilinear');
  },
});

function interpolationFaults(settings: Record<string, unknown>): string[] {
  const interpolation = settings.interpolation ?? 'nearest';
  if (interpolation === 'nearest' || interpolation === 'bilinear') return [];
  return [`interpolation: expected nearest or bilinear, got ${String(interpolation)}; choose one of them`];
}

/**
 * TensorFlow 2 looks at the middle of pixels; tfjs' own layers still look at their corners, as TensorFlow 1 did.
 * (Nearest by a whole factor is the same in both.)
 */
function resized(call: LayerCall, image: string, size: number[], fallback: string): string {
  const isNearest = call.config.text('interpolation', fallback) === 'nearest';
  const corners = call.dialect === 'tfjs' ? 'asymmetric' : undefined;
  return isNearest
    ? call.node('resize2d', [image], {
        size,
        mode: 'nearest',
        coordinates: corners ?? 'tf_half_pixel_for_nn',
        rounding: 'floor',
      })
    : call.node('resize2d', [image], { size, mode: 'linear', coordinates: corners ?? 'half_pixel' });
}
