import { Adaptive } from './adaptive.js';
import type { BitCoder } from './range-coder.js';

/** 65536 / (1 + e^(-x/2)) for x = -16..16, rounded: what `squash` interpolates. */
const SQUASH = Uint16Array.from({ length: 33 }, (_, i) => Math.round(65536 / (1 + Math.exp((16 - i) / 2))));

/** The logistic function: `x` in 256ths, -2047..2047, to 65536ths. */
function squash(x: number): number {
  const i = (x >> 7) + 16;
  const part = x & 127;
  return (SQUASH[i] * (128 - part) + SQUASH[i + 1] * part) >> 7;
}

/** Inverse of `squash`, by the upper 12 bits of the probability. */
const STRETCH = stretchTable();

function stretchTable(): Int16Array {
  const table = new Int16Array(4096).fill(2047);
  let next = 0;
  for (let x = -2047; x <= 2047; x++) {
    for (const p = squash(x) >> 4; next <= p; next++) table[next] = x;
  }
  return table;
}

function stretch(p1: number): number {
  return STRETCH[p1 >> 4];
}

/** About 2 log2(1 + x) up to 15: two steps an octave. */
function magnitude(x: number): number {
  if (x < 2) return 2 * x;
  const octave = 31 - Math.clz32(x);
  return Math.min(15, 2 * octave + ((x >> (octave - 1)) & 1) + 1);
}
/** Predictions that are mixed: all bits alike, this column, columns around it, bits around it, this row. */
const INPUTS = 5;
/** First context of each prediction among the adaptive probabilities; columns come last. */
const CONTEXTS = { all: 0, around: 1, near: 257, row: 273, column: 289 } as const;
const LIMIT = 1023;
/** Mixed probabilities stay this far (in 65536ths) from 0 and 1, so that a byte stands for at most 11,360 blocks. */
const LEAST = 32;

/**
 * Codes the kept blocks of a weight, one byte each in `mask` (0 or 1), row by row; decoding fills `mask`.
 * Five adaptive predictions are mixed in the logistic domain with weights that learn (lpaq's mixer). Columns that are
 * seldom kept (border pixels of an image, dead units) and rows of other density make a mask cheaper than its density says.
 */
export function codeMask(coder: BitCoder, mask: Uint8Array, rows: number, columns: number): void {
  const probabilities = new Adaptive(CONTEXTS.column + columns, LIMIT);
  const mixer = new Mixer();
  // Blocks kept so far in each column, between two columns that stay empty.
  const counts = new Uint16Array(columns + 2);
  const contexts = new Int32Array(INPUTS);
  contexts[0] = CONTEXTS.all;
  for (let row = 0, block = 0; row < rows && !coder.overrun; row++) {
    const rowsSeen = magnitude(row);
    let density = 0;
    for (let column = 0; column < columns && !coder.overrun; column++, block++) {
      const kept = counts[column] + counts[column + 1] + counts[column + 2];
      contexts[1] = CONTEXTS.column + column;
      contexts[2] = CONTEXTS.around + 16 * rowsSeen + magnitude(kept);
      contexts[3] = CONTEXTS.near + neighbours(mask, block, row, column, columns);
      contexts[4] = CONTEXTS.row + magnitude(density >> 8);
      const p1 = mixer.mix(probabilities, contexts);
      const bit = coder.code(p1, mask[block]);
      mask[block] = bit;
      mixer.update(bit, p1);
      for (let i = 0; i < INPUTS; i++) probabilities.update(contexts[i], bit);
      if (bit && counts[column + 1] < 0xffff) counts[column + 1]++;
      density += (bit << 8) - (density >> 5);
    }
  }
}

/** Bits left, above left, above, above right; 0 outside. */
function neighbours(mask: Uint8Array, block: number, row: number, column: number, columns: number): number {
  const left = column > 0 ? mask[block - 1] : 0;
  if (row === 0) return left;
  const above = block - columns;
  const aboveLeft = column > 0 ? mask[above - 1] : 0;
  const aboveRight = column + 1 < columns ? mask[above + 1] : 0;
  return left | (aboveLeft << 1) | (mask[above] << 2) | (aboveRight << 3);
}

/** Adds stretched predictions with weights (65536 = 1) that follow the gradient of the coding cost. */
class Mixer {
  readonly #weights = new Int32Array(INPUTS).fill(13107);
  readonly #stretched = new Int32Array(INPUTS);

  mix(probabilities: Adaptive, contexts: Int32Array): number {
    let sum = 0;
    for (let i = 0; i < INPUTS; i++) {
      this.#stretched[i] = stretch(probabilities.p1(contexts[i]));
      sum = (sum + Math.imul(this.#weights[i], this.#stretched[i])) | 0;
    }
    const p1 = squash(Math.max(-2047, Math.min(2047, sum >> 16)));
    return Math.max(LEAST, Math.min(65536 - LEAST, p1));
  }

  /** Rate 2^-8 in units of probability and natural logarithm. */
  update(bit: number, p1: number): void {
    const error = (bit << 16) - p1;
    for (let i = 0; i < INPUTS; i++) {
      this.#weights[i] += (Math.imul(error, this.#stretched[i]) + 32768) >> 16;
    }
  }
}
