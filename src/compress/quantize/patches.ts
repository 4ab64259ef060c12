import type { Node } from '../../graph/index.js';
import { attributesOf } from '../../ops/check.js';

/** Output pixels of a batch that are looked at: their moments are averages. */
const MOST_PIXELS = 8192;

/** What a layer's kernel is multiplied with, at some of its output's pixels. */
export interface Patches {
  /** `[pixels, taps]`; a depthwise layer's: `[channels, pixels, taps]`. */
  data: Float32Array;
  channels: number;
  pixels: number;
  taps: number;
}

/**
 * @param x `[batch, ...shape]`, f32, of a conv2d, depthwise_conv2d or dense node
 * @param kernel `[outputs, KH, KW, C]`, `[C*M, KH, KW, 1]` or `[outputs, inputs]`
 * @param output the node's output shape
 */
export function patchesOf(
  node: Node,
  x: Float32Array,
  shape: readonly number[],
  kernel: readonly number[],
  output: readonly number[],
): Patches {
  if (node.op === 'dense') return { data: x, channels: 1, pixels: x.length / kernel[1], taps: kernel[1] };
  const [height, width, depth] = shape;
  const [outHeight, outWidth] = output;
  const { strides, dilations, pads } = attributesOf(node) as Record<string, number[]>;
  const [, rows, columns] = kernel;
  const each = node.op === 'depthwise_conv2d';
  const area = outHeight * outWidth;
  const all = (x.length / (height * width * depth)) * area;
  const pixels = Math.min(all, MOST_PIXELS);
  const taps = rows * columns * (each ? 1 : depth);
  const data = new Float32Array(pixels * rows * columns * depth);
  for (let p = 0; p < pixels; p++) {
    const pixel = Math.floor((p * all) / pixels);
    const image = Math.floor(pixel / area);
    const top = Math.floor((pixel % area) / outWidth) * strides[0] - pads[0];
    const left = (pixel % outWidth) * strides[1] - pads[1];
    for (let tap = 0; tap < rows * columns; tap++) {
      const row = top + Math.floor(tap / columns) * dilations[0];
      const column = left + (tap % columns) * dilations[1];
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      const from = ((image * height + row) * width + column) * depth;
      for (let c = 0; c < depth; c++)
        data[each ? (c * pixels + p) * taps + tap : p * taps + tap * depth + c] = x[from + c];
    }
  }
  return { data, channels: each ? depth : 1, pixels, taps };
}
