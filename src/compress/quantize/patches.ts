import type { Node } from '../../graph/index.js';
import { attributesOf } from '../../ops/check.js';

/** Output pixels of a batch that are looked at: their moments are averages. */
export const MOST_PIXELS = 8192;

/** What a layer's kernel is multiplied with, at some of its output's pixels. */
export interface Patches {
  /** `[groups, pixels, taps]`: outputs of a group read its channels only. */
  data: Float32Array;
  /** Channels of a depthwise layer, `groups` of a convolution. */
  groups: number;
  pixels: number;
  taps: number;
}

/** Which pixels are looked at. */
export interface PixelChoice {
  /** Of a batch, at most. */
  most?: number;
  /** Draws one of each of that many equal parts; absent: the first of each. */
  random?(): number;
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
  { most = MOST_PIXELS, random = () => 0 }: PixelChoice = {},
): Patches {
  if (node.op === 'dense') return { data: x, groups: 1, pixels: x.length / kernel[1], taps: kernel[1] };
  const [height, width, depth] = shape;
  const [outHeight, outWidth] = output;
  const { strides, dilations, pads } = attributesOf(node) as Record<string, number[]>;
  const [, rows, columns] = kernel;
  const groups = node.op === 'depthwise_conv2d' ? depth : ((node.attributes.groups ?? 1) as number);
  const perGroup = depth / groups;
  const area = outHeight * outWidth;
  const all = (x.length / (height * width * depth)) * area;
  const pixels = Math.min(all, most);
  const taps = rows * columns * perGroup;
  const data = new Float32Array(pixels * rows * columns * depth);
  for (let p = 0; p < pixels; p++) {
    const pixel = Math.floor(((p + random()) * all) / pixels);
    const image = Math.floor(pixel / area);
    const top = Math.floor((pixel % area) / outWidth) * strides[0] - pads[0];
    const left = (pixel % outWidth) * strides[1] - pads[1];
    for (let tap = 0; tap < rows * columns; tap++) {
      const row = top + Math.floor(tap / columns) * dilations[0];
      const column = left + (tap % columns) * dilations[1];
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      const from = ((image * height + row) * width + column) * depth;
      for (let group = 0, c = 0; group < groups; group++) {
        const to = (group * pixels + p) * taps + tap * perGroup;
        for (let i = 0; i < perGroup; i++) data[to + i] = x[from + c++];
      }
    }
  }
  return { data, groups, pixels, taps };
}
