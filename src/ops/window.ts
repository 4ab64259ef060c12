/** Geometry of a window that slides over an image: convolutions and pools. */
import type { Attribute } from '../graph/graph.js';
import { padsOf, pairOf } from './attributes.js';

export interface Window {
  /** Taps, [rows, columns]. */
  size: readonly [number, number];
  strides: readonly [number, number];
  dilations: readonly [number, number];
  /** [top, left, bottom, right] */
  pads: readonly [number, number, number, number];
}

/** The window of a convolution with `size` taps. */
export function convolutionWindow(
  attributes: Record<string, Attribute>,
  size: readonly [number, number],
): Window {
  return {
    size,
    strides: pairOf(attributes, 'strides'),
    dilations: pairOf(attributes, 'dilations'),
    pads: padsOf(attributes),
  };
}

/**
 * The window of a pool. Pads are smaller than the window, so that no window lies in padding alone: such a window
 * has no maximum and no average.
 */
export function poolWindow(attributes: Record<string, Attribute>): Window {
  const size = pairOf(attributes, 'size');
  const pads = padsOf(attributes);
  pads.forEach((pad, side) => {
    if (pad >= size[side % 2]) {
      throw new RangeError(`pads: expected less than the window [${size}], got [${pads}]`);
    }
  });
  return { size, strides: pairOf(attributes, 'strides'), dilations: [1, 1], pads };
}

/** Rows and columns of the output; RangeError where the window does not fit the padded image. */
export function outputSize(window: Window, height: number, width: number): [number, number] {
  return [outputLength(window, 0, height), outputLength(window, 1, width)];
}

function outputLength({ size, strides, dilations, pads }: Window, axis: 0 | 1, length: number): number {
  const padded = length + pads[axis] + pads[axis + 2];
  const extent = (size[axis] - 1) * dilations[axis] + 1;
  if (padded < extent) {
    const side = axis === 0 ? 'rows' : 'columns';
    throw new RangeError(`window: expected at most ${padded} ${side} (the padded image), got ${extent}`);
  }
  return Math.floor((padded - extent) / strides[axis]) + 1;
}

/**
 * Calls `visit(pixel, tap)` for each tap of the window at output (oy, ox) that lies inside the image: `pixel` is
 * `row * width + column` of the image, `tap` is `row * columns + column` of the window.
 */
export function forEachTap(
  window: Window,
  [height, width]: readonly number[],
  oy: number,
  ox: number,
  visit: (pixel: number, tap: number) => void,
): void {
  const { size, strides, dilations, pads } = window;
  for (let ky = 0; ky < size[0]; ky++) {
    const y = oy * strides[0] - pads[0] + ky * dilations[0];
    if (y < 0 || y >= height) continue;
    for (let kx = 0; kx < size[1]; kx++) {
      const x = ox * strides[1] - pads[1] + kx * dilations[1];
      if (x >= 0 && x < width) visit(y * width + x, ky * size[1] + kx);
    }
  }
}
