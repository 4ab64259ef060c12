import sharp from 'sharp';

/** A weight's mask as a picture: 255 is kept, 0 pruned, and what lies between a share of the weights that a pixel stands for. */
export interface MaskPicture {
  width: number;
  height: number;
  /** Row-major. */
  pixels: Uint8Array;
}

interface Grid {
  rows: number;
  columns: number;
  /** Of the element at a row and column: its index, or -1 between tiles. */
  at(row: number, column: number): number;
}

/**
 * Rows are outputs, columns inputs; a convolution has its taps as a tile at each pair of channels, with a line between tiles.
 * Where there is one input (depthwise), the outputs' tiles stand in a square.
 */
export function maskGrid(shape: readonly number[]): Grid {
  const [outputs, ...rest] = shape;
  const inputs = rest.at(-1) ?? 1;
  const [tapRows, tapColumns] = shape.length === 4 ? [shape[1], shape[2]] : [1, 1];
  const gap = tapRows * tapColumns > 1 ? 1 : 0;
  const across = inputs === 1 ? Math.ceil(Math.sqrt(outputs)) : inputs;
  const down = inputs === 1 ? Math.ceil(outputs / across) : outputs;
  const [tall, wide] = [tapRows + gap, tapColumns + gap];
  return {
    rows: down * tall - gap,
    columns: across * wide - gap,
    at(row, column) {
      const [y, x] = [row % tall, column % wide];
      if (y >= tapRows || x >= tapColumns) return -1;
      const [tileRow, tileColumn] = [Math.floor(row / tall), Math.floor(column / wide)];
      const output = inputs === 1 ? tileRow * across + tileColumn : tileRow;
      if (output >= outputs) return -1;
      return ((output * tapRows + y) * tapColumns + x) * inputs + (inputs === 1 ? 0 : tileColumn);
    },
  };
}

/** A picture of at most `side` pixels a side; larger masks are averaged. */
export function maskPicture(shape: readonly number[], data: ArrayLike<number>, side: number): MaskPicture {
  const grid = maskGrid(shape);
  const [height, width] = [Math.min(grid.rows, side), Math.min(grid.columns, side)];
  const kept = new Float64Array(width * height);
  const all = new Float64Array(width * height);
  for (let row = 0; row < grid.rows; row++) {
    const line = Math.floor((row * height) / grid.rows) * width;
    for (let column = 0; column < grid.columns; column++) {
      const index = grid.at(row, column);
      if (index < 0) continue;
      const pixel = line + Math.floor((column * width) / grid.columns);
      all[pixel]++;
      if (data[index] !== 0) kept[pixel]++;
    }
  }
  return { width, height, pixels: Uint8Array.from(kept, (n, i) => (n === 0 ? 0 : shade(n / all[i]))) };
}

/** By the root, so that a pixel that stands for one kept weight among many is still seen; 15 steps, which pack well. */
function shade(share: number): number {
  return 17 * Math.ceil(15 * Math.sqrt(share));
}

/** Green on nothing, so that it is seen on light and dark. */
const INK = [63, 152, 104] as const;

/** The picture as a `data:` address of a PNG. */
export async function pictureAddress({ width, height, pixels }: MaskPicture): Promise<string> {
  const rgba = new Uint8Array(4 * pixels.length);
  pixels.forEach((alpha, i) => rgba.set(alpha === 0 ? [0, 0, 0, 0] : [...INK, alpha], 4 * i));
  const png = await sharp(rgba, { raw: { width, height, channels: 4 } })
    .png({ palette: true, colours: 16, dither: 0, compressionLevel: 9 })
    .toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}
