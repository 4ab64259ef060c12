/** A photographed or scanned digit, dark on light or light on dark, as ink. */
import type { Ink } from './normalize.js';

/** Differences from the paper, as shares of the strongest, where ink begins and where it is full. */
const FAINT = 0.35;
const FULL = 0.7;

/** ITU-R BT.601; what is transparent is white paper. */
function greyOf({ data, width, height }: Pick<ImageData, 'data' | 'width' | 'height'>): Float32Array {
  return Float32Array.from({ length: width * height }, (_, i) => {
    const [r, g, b, a] = data.subarray(4 * i, 4 * i + 4);
    const opaque = a / 255;
    return opaque * (0.299 * r + 0.587 * g + 0.114 * b) + 255 * (1 - opaque);
  });
}

const quantile = (values: ArrayLike<number>, q: number): number =>
  Float32Array.from(values).sort()[Math.floor(q * (values.length - 1))];

/** The median of the border. */
function paperOf(grey: Float32Array, width: number, height: number): number {
  const isBorder = (i: number): boolean => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x === 0 || y === 0 || x === width - 1 || y === height - 1;
  };
  return quantile(
    grey.filter((_, i) => isBorder(i)),
    0.5,
  );
}

/** Ink is what differs from the paper, whichever of both is dark. */
export function inkOfPhoto(photo: Pick<ImageData, 'data' | 'width' | 'height'>): Ink {
  const { width, height } = photo;
  const grey = greyOf(photo);
  const paper = paperOf(grey, width, height);
  const differences = grey.map((value) => Math.abs(value - paper));
  const strongest = Math.max(quantile(differences, 0.995), 1);
  const values = differences.map((difference) =>
    Math.min(1, Math.max(0, (difference / strongest - FAINT) / (FULL - FAINT))),
  );
  return { values, width, height };
}
