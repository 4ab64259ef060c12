/** A layer's kernel as a picture: which weights are kept, and what they do. */
import type { Layer } from '../bench/layers.js';
import { colour } from '../dom.js';
import { percent } from '../units.js';

/** Width over height that a picture comes near to: long rows are cut into bands. */
const ASPECT = 5;
/** Most pixels of a side; larger kernels are averaged. */
const MOST = 1400;
/** Largest side of a weight on the page, in CSS pixels. */
const CELL = 12;

/** Where the weights of a kernel lie in its picture. */
export interface Fold {
  bands: number;
  /** Weights of a band's row. */
  width: number;
  /** Rows of all bands, with one empty row between two. */
  height: number;
}

export function foldOf({ rows, columns }: Pick<Layer, 'rows' | 'columns'>): Fold {
  const bands = Math.max(1, Math.round(Math.sqrt(columns / (rows * ASPECT))));
  return { bands, width: Math.ceil(columns / bands), height: rows * bands + bands - 1 };
}

function rgb(name: string): [number, number, number] {
  const value = Number.parseInt(colour(name).slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Position in the fold of the weight in `row` and `column`. */
const placeOf = ({ width }: Fold, rows: number, row: number, column: number): [number, number] => {
  const band = Math.floor(column / width);
  return [column - band * width, band * (rows + 1) + row];
};

/** Sums of what adds and of what subtracts, and how many weights there are, for each pixel. */
function gather(layer: Layer, fold: Fold, step: number, width: number, height: number) {
  const [plus, minus, all] = Array.from({ length: 3 }, () => new Float32Array(width * height));
  for (let row = 0, i = 0; row < layer.rows; row++)
    for (let column = 0; column < layer.columns; column++, i++) {
      const [x, y] = placeOf(fold, layer.rows, row, column);
      const at = Math.floor(y / step) * width + Math.floor(x / step);
      const value = layer.values[i];
      all[at]++;
      if (value > 0) plus[at] += value;
      else minus[at] -= value;
    }
  return { plus, minus, all };
}

/** Draws `layer`, in the theme's colours. */
export function drawMask(canvas: HTMLCanvasElement, layer: Layer): void {
  const fold = foldOf(layer);
  const step = Math.ceil(Math.max(fold.width, fold.height) / MOST);
  const [width, height] = [Math.ceil(fold.width / step), Math.ceil(fold.height / step)];
  const { plus, minus, all } = gather(layer, fold, step, width, height);
  const colours = [rgb('track'), rgb('pruned'), rgb('minus')];
  const pixels = new ImageData(width, height);
  for (let i = 0; i < all.length; i++) {
    if (all[i] === 0) continue;
    const strength = (plus[i] + minus[i]) / (127 * all[i]);
    const [r, g, b] = strength === 0 ? colours[0] : plus[i] >= minus[i] ? colours[1] : colours[2];
    // the faintest weight is still seen
    pixels.data.set([r, g, b, strength === 0 ? 255 : 255 * (0.4 + 0.6 * Math.sqrt(strength))], 4 * i);
  }
  canvas.width = width;
  canvas.height = height;
  canvas.style.maxWidth = `min(100%, ${fold.width * CELL}px)`;
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
  canvas.ariaLabel = `Mask of ${layer.name}: ${layer.rows} by ${layer.columns} weights, ${percent(layer.kept / layer.params, 1)} kept`;
}
