/** Pictures made larger or smaller: the same arithmetic wherever it runs. */

/** Rows of pixels, channels interleaved. */
export interface Picture {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array | Uint8ClampedArray | Float32Array;
}

/** Part of a picture, in pixels; may begin and end between two. */
export interface Region {
  left: number;
  top: number;
  width: number;
  height: number;
}

export type Filter = 'nearest' | 'bilinear' | 'bicubic' | 'lanczos3';

/** Reach and weight of a filter at a distance in source pixels (Keys 1981 with a = -0.5; Duchon 1979). */
const KERNELS: Record<Exclude<Filter, 'nearest'>, { reach: number; weight(x: number): number }> = {
  bilinear: { reach: 1, weight: (x) => 1 - x },
  bicubic: {
    reach: 2,
    weight: (x) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2),
  },
  lanczos3: { reach: 3, weight: (x) => sinc(x) * sinc(x / 3) },
};

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** What one output row, or column, reads: `weights.length` neighbours from `first` on. */
export interface Taps {
  first: number;
  weights: number[];
}

/**
 * Taps along one axis. Pixel centres lie at half numbers; where it shrinks, the filter widens with the step, so that every
 * source pixel counts (as Pillow's and TensorFlow's antialiased resize do). The weights of a tap sum to 1.
 */
export function tapsOf(
  begin: number,
  extent: number,
  source: number,
  target: number,
  filter: Filter,
): Taps[] {
  const step = extent / target;
  return Array.from({ length: target }, (_, i) => {
    const centre = begin + (i + 0.5) * step;
    if (filter === 'nearest') return { first: clamp(Math.floor(centre), source), weights: [1] };
    const { reach, weight } = KERNELS[filter];
    const widen = Math.max(1, step);
    const first = clamp(Math.ceil(centre - reach * widen - 0.5), source);
    const last = clamp(Math.floor(centre + reach * widen - 0.5), source);
    const raw = Array.from({ length: last - first + 1 }, (__, k) => {
      const distance = Math.abs(first + k + 0.5 - centre) / widen;
      return distance < reach ? weight(distance) : 0;
    });
    const sum = raw.reduce((total, w) => total + w, 0);
    return { first, weights: raw.map((w) => w / sum) };
  });
}

const clamp = (at: number, size: number): number => Math.max(0, Math.min(size - 1, at));

/** `region` of a picture as `height` by `width` pixels, rows first, then columns; 0..255 rounded once at the end. */
export function resize(
  picture: Picture,
  region: Region,
  height: number,
  width: number,
  filter: Filter,
): Uint8Array {
  const { channels } = picture;
  if (isWhole(picture, region) && height === picture.height && width === picture.width)
    return Uint8Array.from(picture.data);
  const columns = tapsOf(region.left, region.width, picture.width, width, filter);
  const rows = tapsOf(region.top, region.height, picture.height, height, filter);
  const narrow = resizeRows(picture, columns);
  const out = new Uint8ClampedArray(height * width * channels);
  const line = width * channels;
  rows.forEach(({ first, weights }, y) => {
    for (let i = 0; i < line; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * narrow[(first + k) * line + i];
      out[y * line + i] = sum;
    }
  });
  return new Uint8Array(out.buffer);
}

export function isWhole({ width, height }: Pick<Picture, 'width' | 'height'>, region: Region): boolean {
  return region.left === 0 && region.top === 0 && region.width === width && region.height === height;
}

/** Every row of the picture, as many pixels as there are taps. */
function resizeRows({ data, width, height, channels }: Picture, columns: readonly Taps[]): Float32Array {
  const out = new Float32Array(height * columns.length * channels);
  let at = 0;
  for (let y = 0; y < height; y++)
    for (const { first, weights } of columns)
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        let from = (y * width + first) * channels + c;
        for (let k = 0; k < weights.length; k++, from += channels) sum += weights[k] * data[from];
        out[at++] = sum;
      }
  return out;
}
