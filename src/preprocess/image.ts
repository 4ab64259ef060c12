/** A picture as a network's stored pixels: `[height, width, channels]`, 0..255. */
import { resize, type Filter, type Picture, type Region } from './resize.js';

export interface ImagePreprocessing {
  /** A picture of other proportions is stretched, cropped to the input's, or padded with black. */
  fit: 'stretch' | 'crop' | 'pad';
  /** Share of the sides that stays, around the centre, in (0, 1]: 0.875 is 224 of 256. */
  crop: number;
  filter: Filter;
  order: 'rgb' | 'bgr';
  /** Dark on light becomes light on dark. */
  invert: boolean;
}

export const IMAGE_DEFAULTS: ImagePreprocessing = {
  fit: 'stretch',
  crop: 1,
  filter: 'bilinear',
  order: 'rgb',
  invert: false,
};

/**
 * The `[height, width, channels]` that pictures for an input of this shape have: a vector that is a square (784 = 28 x 28) takes them too.
 * Undefined where the input is no picture.
 */
export function pictureShape(shape: readonly number[]): number[] | undefined {
  if (shape.length === 3) return shape[2] === 1 || shape[2] === 3 ? [...shape] : undefined;
  const side = Math.sqrt(shape.reduce((product, dim) => product * dim, 1));
  return Number.isInteger(side) ? [side, side, 1] : undefined;
}

/**
 * @param picture grey, RGB or RGBA; what is transparent shows white
 * @param shape `[height, width, channels]` of the result, 1 or 3 channels
 */
export function imageValues(
  picture: Picture,
  [height, width, channels]: readonly number[],
  options: Partial<ImagePreprocessing> = {},
): Uint8Array {
  const { fit, crop, filter, order, invert } = { ...IMAGE_DEFAULTS, ...options };
  if (channels !== 1 && channels !== 3)
    throw new RangeError(`image: expected an input of 1 or 3 channels, got ${channels}`);
  const coloured = withChannels(picture, channels);
  const { region, inner } = placement(picture, height, width, fit, crop);
  const pixels = resize(coloured, region, inner.height, inner.width, filter);
  const values = pad(pixels, inner, height, width, channels);
  if (order === 'bgr' && channels === 3) swapEnds(values);
  return invert ? values.map((value) => 255 - value) : values;
}

/** Which part of the picture is shown, and how large: smaller than the input only where it is padded. */
export function placement(
  { width, height }: Pick<Picture, 'width' | 'height'>,
  targetHeight: number,
  targetWidth: number,
  fit: ImagePreprocessing['fit'],
  crop: number,
): { region: Region; inner: { height: number; width: number } } {
  let [w, h] = [width * crop, height * crop];
  const inner = { height: targetHeight, width: targetWidth };
  if (fit === 'crop') {
    const scale = Math.min(w / targetWidth, h / targetHeight);
    [w, h] = [targetWidth * scale, targetHeight * scale];
  } else if (fit === 'pad') {
    const scale = Math.max(w / targetWidth, h / targetHeight);
    inner.width = Math.max(1, Math.round(w / scale));
    inner.height = Math.max(1, Math.round(h / scale));
  }
  return { region: { left: (width - w) / 2, top: (height - h) / 2, width: w, height: h }, inner };
}

/** ITU-R BT.601 luma, as Pillow and TensorFlow compute it. */
export const luma = (r: number, g: number, b: number): number =>
  Math.round(0.299 * r + 0.587 * g + 0.114 * b);

function withChannels(picture: Picture, wanted: 1 | 3): Picture {
  const { data, channels, width, height } = picture;
  if (channels === wanted) return picture;
  const out = new Uint8Array(width * height * wanted);
  const [grey, alpha] = [channels < 3, channels % 2 === 0];
  for (let from = 0, to = 0; from < data.length; from += channels, to += wanted) {
    const opaque = alpha ? data[from + channels - 1] / 255 : 1;
    const over = (at: number): number => Math.round(data[from + at] * opaque + 255 * (1 - opaque));
    const [r, g, b] = grey ? [over(0), over(0), over(0)] : [over(0), over(1), over(2)];
    if (wanted === 1) out[to] = luma(r, g, b);
    else [out[to], out[to + 1], out[to + 2]] = [r, g, b];
  }
  return { data: out, width, height, channels: wanted };
}

export function pad(
  pixels: Uint8Array,
  inner: { height: number; width: number },
  height: number,
  width: number,
  channels: number,
): Uint8Array {
  if (inner.height === height && inner.width === width) return pixels;
  const out = new Uint8Array(height * width * channels);
  const [top, left] = [Math.floor((height - inner.height) / 2), Math.floor((width - inner.width) / 2)];
  const line = inner.width * channels;
  for (let y = 0; y < inner.height; y++)
    out.set(pixels.subarray(y * line, (y + 1) * line), ((top + y) * width + left) * channels);
  return out;
}

function swapEnds(values: Uint8Array): void {
  for (let i = 0; i < values.length; i += 3) [values[i], values[i + 2]] = [values[i + 2], values[i]];
}
