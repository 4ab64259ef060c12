/** Sequences [T,C] as images of one row, and windows over either. */
import type { Pads, Pair } from './config.js';
import type { LayerCall } from './layer.js';

/** Spatial axes of a layer: 1 for a sequence, 2 for an image. */
export type Rank = 1 | 2;

export interface Image {
  tensor: string;
  shape: [height: number, width: number, channels: number];
}

const AXES = { 1: ['steps', 'channels'], 2: ['height', 'width', 'channels'] };

/** The layer's input as an image: a sequence is its one row. */
export function imageOf(call: LayerCall, rank: Rank): Image {
  const shape = call.shapeLike(AXES[rank]);
  const image = [1, ...shape].slice(-3) as Image['shape'];
  return { tensor: call.reshape(call.input, image, 'image'), shape: image };
}

/** An image back as what the layer gives. */
export function imageBack(call: LayerCall, image: string, rank: Rank): string {
  return rank === 2 ? image : call.reshape(image, call.shapeOf(image).slice(1), 'sequence');
}

export interface Window {
  size: Pair;
  strides: Pair;
  dilations: Pair;
}

export function windowOf(call: LayerCall, rank: Rank): Window {
  const { config } = call;
  return {
    size: config.pair('kernel_size', rank),
    strides: config.pair('strides', rank, [1, 1]),
    dilations: config.pair('dilation_rate', rank, [1, 1]),
  };
}

/**
 * Pads for the setting `padding`. SAME follows TensorFlow: the output is ceil(input / stride) long, and where the padding
 * is odd its larger half is below and to the right. CAUSAL pads before a sequence alone.
 */
export function windowPads(call: LayerCall, rank: Rank, image: readonly number[], window: Window): Pads {
  const { size, strides, dilations } = window;
  const padding = call.config.text('padding', 'valid');
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding === 'causal' && rank === 1) return [0, (size[1] - 1) * dilations[1], 0, 0];
  if (padding !== 'same') throw call.config.wrong('padding', "'same' or 'valid'");
  const [rows, columns] = [0, 1].map((axis) => {
    const extent = (size[axis] - 1) * dilations[axis] + 1;
    const outputs = Math.ceil(image[axis] / strides[axis]);
    return Math.max((outputs - 1) * strides[axis] + extent - image[axis], 0);
  });
  return [rows >> 1, columns >> 1, rows - (rows >> 1), columns - (columns >> 1)];
}
