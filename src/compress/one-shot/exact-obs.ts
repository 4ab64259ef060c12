import { cholesky } from './linear-algebra.js';

/** Of two units of which the second was cheaper, the second still leaves later. */
const AFTER = 1 + 2 ** -50;

/** Weights that leave together: columns of a group of rows that have one mask. */
export interface Units {
  /** Columns of each unit, ascending. */
  columns: readonly (readonly number[])[];
  /** N:M: the number of the pattern each unit belongs to, and how many units of one may leave. */
  patterns?: { of: Uint32Array; most: number };
}

/**
 * ExactOBS (Optimal Brain Compression, Frantar and Alistarh 2022, algorithm 1): takes all units out of some rows, each time the one
 * that costs least, `w_P' ([H^-1]_PP)^-1 w_P`, while the weights that are left take up what they can,
 * `w -= H^-1_:P ([H^-1]_PP)^-1 w_P`, and H^-1 loses P by a step of Gauss elimination. A unit's loss is what the error
 * `dw' H dw` rises by when it leaves, or that of the dearest before it: so that cutting at any loss leaves what the order leaves.
 * With N:M, units that may never leave have loss Infinity.
 * Costs about `n^3 / 6` products for a matrix of n columns.
 * @param inverse of the Hessian, `[n, n]`; stays as it is
 * @param rows weights, n each; stay as they are
 */
export function removalLosses(
  inverse: Float64Array,
  rows: readonly Float64Array[],
  units: Units,
): Float64Array {
  const elimination = new Elimination(inverse, rows);
  const { columns, patterns } = units;
  const losses = new Float64Array(columns.length).fill(Infinity);
  const open = Uint32Array.from(columns, (_, unit) => unit);
  const left = new Uint32Array(patterns ? Math.max(...patterns.of) + 1 : 0);
  let dearest = 0;
  for (let count = columns.length; count > 0;) {
    let [least, at] = [Infinity, 0];
    for (let i = 0; i < count; i++) {
      const loss = elimination.lossOf(columns[open[i]]);
      if (loss < least) [least, at] = [loss, i];
    }
    const unit = open[at];
    open[at] = open[--count];
    if (patterns && ++left[patterns.of[unit]] > patterns.most) continue;
    dearest = Math.max(dearest * AFTER, least);
    losses[unit] = dearest;
    for (const column of columns[unit]) elimination.remove(column);
  }
  return losses;
}

/** Rows and inverse Hessian of the columns that are left; the last takes the place of one that leaves. */
class Elimination {
  readonly #n: number;
  /** Lower triangle. */
  readonly #matrix: Float64Array;
  readonly #rows: Float64Array[];
  readonly #placeOf: Uint32Array;
  readonly #columnAt: Uint32Array;
  readonly #pivotRow: Float64Array;
  #left: number;

  constructor(inverse: Float64Array, rows: readonly Float64Array[]) {
    const n = rows[0].length;
    this.#n = n;
    this.#left = n;
    this.#matrix = inverse.slice();
    this.#rows = rows.map((row) => row.slice());
    this.#placeOf = Uint32Array.from({ length: n }, (_, column) => column);
    this.#columnAt = this.#placeOf.slice();
    this.#pivotRow = new Float64Array(n);
  }

  lossOf(columns: readonly number[]): number {
    if (columns.length > 1) return this.#jointLoss(columns);
    const place = this.#placeOf[columns[0]];
    let squares = 0;
    for (const row of this.#rows) squares += row[place] * row[place];
    return squares / this.#matrix[place * this.#n + place];
  }

  /** `sum over rows of w_P' ([H^-1]_PP)^-1 w_P`, by Cholesky of the few columns. */
  #jointLoss(columns: readonly number[]): number {
    const size = columns.length;
    const places = columns.map((column) => this.#placeOf[column]);
    const block = new Float64Array(size * size);
    for (let i = 0; i < size; i++)
      for (let j = 0; j <= i; j++) block[i * size + j] = this.#at(places[i], places[j]);
    cholesky(block, size);
    let loss = 0;
    const part = new Float64Array(size);
    for (const row of this.#rows) {
      for (let i = 0; i < size; i++) {
        let value = row[places[i]];
        for (let k = 0; k < i; k++) value -= block[i * size + k] * part[k];
        part[i] = value / block[i * size + i];
        loss += part[i] * part[i];
      }
    }
    return loss;
  }

  #at(i: number, j: number): number {
    return i > j ? this.#matrix[i * this.#n + j] : this.#matrix[j * this.#n + i];
  }

  /** One step of Gauss elimination, of matrix and rows alike. */
  remove(column: number): void {
    const [n, left, matrix, pivotRow] = [this.#n, this.#left, this.#matrix, this.#pivotRow];
    const place = this.#placeOf[column];
    for (let j = 0; j < left; j++) pivotRow[j] = this.#at(place, j);
    const pivot = pivotRow[place];
    for (let i = 0; i < left; i++) {
      const factor = pivotRow[i] / pivot;
      const start = i * n;
      for (let j = 0; j <= i; j++) matrix[start + j] -= factor * pivotRow[j];
    }
    for (const row of this.#rows) {
      const factor = row[place] / pivot;
      for (let j = 0; j < left; j++) row[j] -= factor * pivotRow[j];
    }
    this.#close(place);
  }

  /** The last place moves to `place`, whose column has left. */
  #close(place: number): void {
    const last = --this.#left;
    const [n, matrix] = [this.#n, this.#matrix];
    if (place !== last) {
      for (let j = 0; j < place; j++) matrix[place * n + j] = matrix[last * n + j];
      for (let i = place + 1; i < last; i++) matrix[i * n + place] = matrix[last * n + i];
      matrix[place * n + place] = matrix[last * n + last];
      for (const row of this.#rows) row[place] = row[last];
    }
    const column = this.#columnAt[last];
    this.#columnAt[place] = column;
    this.#placeOf[column] = place;
  }
}
