/** Turns a drawing into what MNIST's digits are: 20 pixels long, centred by mass in 28 x 28 (LeCun et al. 1998). */

export const SIZE = 28;
const DIGIT = 20;

/** Ink of a drawing: row-major, 0 (paper) to 1, `width * height` long. */
export interface Ink {
  values: Float32Array;
  width: number;
  height: number;
}

interface Extent {
  /** Longest side of the box around the ink. */
  side: number;
  /** Centre of mass, in pixels from the top left corner. */
  x: number;
  y: number;
}

function extentOf({ values, width, height }: Ink): Extent | undefined {
  let [left, right, top, bottom] = [width, -1, height, -1];
  let [mass, x, y] = [0, 0, 0];
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const ink = values[row * width + column];
      if (ink === 0) continue;
      left = Math.min(left, column);
      right = Math.max(right, column);
      top = Math.min(top, row);
      bottom = row;
      mass += ink;
      x += ink * (column + 0.5);
      y += ink * (row + 0.5);
    }
  if (mass === 0) return undefined;
  return { side: Math.max(right - left, bottom - top) + 1, x: x / mass, y: y / mass };
}

/** Mean ink of the square of `side` pixels whose top left corner is at (left, top); outside the drawing is paper. */
function areaMean({ values, width, height }: Ink, left: number, top: number, side: number): number {
  let sum = 0;
  for (let row = Math.max(0, Math.floor(top)); row < Math.min(height, top + side); row++) {
    const tall = Math.min(row + 1, top + side) - Math.max(row, top);
    for (let column = Math.max(0, Math.floor(left)); column < Math.min(width, left + side); column++) {
      const wide = Math.min(column + 1, left + side) - Math.max(column, left);
      sum += values[row * width + column] * tall * wide;
    }
  }
  return sum / (side * side);
}

/**
 * The 28 x 28 image (row-major, 0..1) of a drawing: its longer side becomes 20 pixels, its centre of mass the middle,
 * by area averaging. Undefined where there is no ink.
 */
export function normalizeDigit(ink: Ink): Float32Array | undefined {
  const extent = extentOf(ink);
  if (!extent) return undefined;
  const scale = extent.side / DIGIT;
  const out = new Float32Array(SIZE * SIZE);
  for (let y = 0; y < SIZE; y++)
    for (let x = 0; x < SIZE; x++) {
      const left = extent.x + (x - SIZE / 2) * scale;
      const top = extent.y + (y - SIZE / 2) * scale;
      out[y * SIZE + x] = areaMean(ink, left, top, scale);
    }
  return out;
}
