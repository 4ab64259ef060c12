/** Frames of one size, as a camera gives them: what `imageValues` computes, to the bit, planned once. */
import { IMAGE_DEFAULTS, imageValues, pad, placement, luma, type ImagePreprocessing } from './image.js';
import { isWhole, tapsOf, type Taps } from './resize.js';

/** RGBA bytes of a frame to `[height, width, channels]` bytes, which the next frame overwrites. */
export type Plan = (rgba: Uint8Array | Uint8ClampedArray) => Uint8Array;

type Options = Partial<ImagePreprocessing>;

/**
 * @param size of the frames
 * @param shape `[height, width, channels]` of the result, 1 or 3 channels
 */
export function planFrames(
  size: { width: number; height: number },
  shape: readonly number[],
  options: Options = {},
): Plan {
  const { fit, crop, filter, order, invert } = { ...IMAGE_DEFAULTS, ...options };
  const [height, width, channels] = shape;
  const { region, inner } = placement(size, height, width, fit, crop);
  const whole = inner.height === size.height && inner.width === size.width;
  const slow: Plan = (data) => imageValues({ ...size, channels: 4, data }, shape, options);
  // nothing to plan where no pixel is computed
  if ((channels !== 1 && channels !== 3) || (whole && isWhole(size, region))) return slow;

  const columns = tapsOf(region.left, region.width, size.width, inner.width, filter);
  const rows = tapsOf(region.top, region.height, size.height, inner.height, filter);
  const resample = channels === 1 ? greyFrames(size, columns, rows) : colourFrames(size, columns, rows);
  const swap = order === 'bgr' && channels === 3;
  return (rgba) => {
    if (!isOpaque(rgba)) return slow(rgba);
    const values = pad(resample(rgba), inner, height, width, channels);
    if (swap)
      for (let i = 0; i < values.length; i += 3) [values[i], values[i + 2]] = [values[i + 2], values[i]];
    if (invert) for (let i = 0; i < values.length; i++) values[i] = 255 - values[i];
    return values;
  };
}

function isOpaque(rgba: Uint8Array | Uint8ClampedArray): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] !== 255) return false;
  return true;
}

type Size = { width: number; height: number };

/** Rows of the frame that any output row reads. */
function rowsRead(rows: readonly Taps[]): [from: number, to: number] {
  const ends = rows.map(({ first, weights }) => first + weights.length);
  return [Math.min(...rows.map(({ first }) => first)), Math.max(...ends)];
}

/** Rows first, then columns, summed in the order of `resize`. */
function colourFrames({ width, height }: Size, columns: readonly Taps[], rows: readonly Taps[]): Plan {
  const narrow = new Float32Array(height * columns.length * 3);
  const finish = columnsOf(narrow, columns.length * 3, rows);
  const [from, to] = rowsRead(rows);
  return (rgba) => {
    for (let y = from, at = from * columns.length * 3; y < to; y++)
      for (const { first, weights } of columns) {
        let r = 0;
        let g = 0;
        let b = 0;
        for (let k = 0, i = (y * width + first) * 4; k < weights.length; k++, i += 4) {
          const w = weights[k];
          r += w * rgba[i];
          g += w * rgba[i + 1];
          b += w * rgba[i + 2];
        }
        narrow[at++] = r;
        narrow[at++] = g;
        narrow[at++] = b;
      }
    return finish();
  };
}

function greyFrames({ width, height }: Size, columns: readonly Taps[], rows: readonly Taps[]): Plan {
  const narrow = new Float32Array(height * columns.length);
  const line = new Uint8Array(width);
  const finish = columnsOf(narrow, columns.length, rows);
  const [from, to] = rowsRead(rows);
  return (rgba) => {
    for (let y = from, at = from * columns.length; y < to; y++) {
      for (let x = 0, i = y * width * 4; x < width; x++, i += 4)
        line[x] = luma(rgba[i], rgba[i + 1], rgba[i + 2]);
      for (const { first, weights } of columns) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * line[first + k];
        narrow[at++] = sum;
      }
    }
    return finish();
  };
}

/** Columns of `narrow`, whose rows are `length` long; clamped and rounded by the array. */
function columnsOf(narrow: Float32Array, length: number, rows: readonly Taps[]): () => Uint8Array {
  const out = new Uint8ClampedArray(rows.length * length);
  const bytes = new Uint8Array(out.buffer);
  return () => {
    rows.forEach(({ first, weights }, y) => {
      for (let i = 0; i < length; i++) {
        let sum = 0;
        for (let k = 0, at = first * length + i; k < weights.length; k++, at += length)
          sum += weights[k] * narrow[at];
        out[y * length + i] = sum;
      }
    });
    return bytes;
  };
}
