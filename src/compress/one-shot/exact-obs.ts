import { cholesky } from './linear-algebra.js';

/** Of two units of which the second was cheaper, the second still leaves later. */
const AFTER = 1 + 2 ** -50;

/** Weights that leave together: columns of a group of rows that have one mask. */
export interface Units {
  /** Columns of each unit, ascending. */
  columns: readonly (readonly number[])[];
  /** N:M: the number of the pattern each unit belongs to, ascending, and how many units of one stay. */
  patterns?: { of: Uint32Array; keep: number };
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
  const stay = patterns ? sizesOf(patterns.of) : new Uint32Array(0);
  let dearest = 0;
  for (let count = columns.length; count > 0;) {
    let [least, at] = [Infinity, 0];
    for (let i = 0; i < count; i++) {
      const loss = elimination.lossOf(columns[open[i]]);
      if (loss < least) [least, at] = [loss, i];
    }
    const unit = open[at];
    open[at] = open[--count];
    if (patterns && stay[patterns.of[unit]]-- <= patterns.keep) continue;
    dearest = Math.max(dearest * AFTER, least);
    losses[unit] = dearest;
    for (const column of columns[unit]) elimination.remove(column);
  }
  return losses;
}

/** Units of each pattern. */
function sizesOf(of: Uint32Array): Uint32Array {
  const sizes = new Uint32Array(of[of.length - 1] + 1);
  for (const pattern of of) sizes[pattern]++;
  return sizes;
}

/** Eliminations that the matrix gets at once: each would read and write all of it, which is slower than the products. */
const AT_ONCE = 4;

/** Rows and inverse Hessian of the columns that are left; the last takes the place of one that leaves. */
class Elimination {
  readonly #n: number;
  /** Lower triangle, before the eliminations that wait. */
  readonly #matrix: Float64Array;
  /** Of the inverse Hessian as it is. */
  readonly #diagonal: Float64Array;
  readonly #rows: Float64Array[];
  readonly #placeOf: Uint32Array;
  readonly #columnAt: Uint32Array;
  /** Pivot rows of the eliminations that wait, and the same over their pivots. */
  readonly #waiting = Array.from({ length: AT_ONCE }, () => new Float64Array(0));
  readonly #factors = Array.from({ length: AT_ONCE }, () => new Float64Array(0));
  #waits = 0;
  #left: number;

  constructor(inverse: Float64Array, rows: readonly Float64Array[]) {
    const n = rows[0].length;
    this.#n = n;
    this.#left = n;
    this.#matrix = inverse.slice();
    this.#diagonal = Float64Array.from({ length: n }, (_, k) => inverse[k * (n + 1)]);
    this.#rows = rows.map((row) => row.slice());
    this.#placeOf = Uint32Array.from({ length: n }, (_, column) => column);
    this.#columnAt = this.#placeOf.slice();
    for (const arrays of [this.#waiting, this.#factors])
      for (let k = 0; k < AT_ONCE; k++) arrays[k] = new Float64Array(n);
  }

  lossOf(columns: readonly number[]): number {
    if (columns.length > 1) return this.#jointLoss(columns);
    const place = this.#placeOf[columns[0]];
    let squares = 0;
    for (const row of this.#rows) squares += row[place] * row[place];
    return squares / this.#diagonal[place];
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
    let value = this.#stored(i, j);
    for (let k = 0; k < this.#waits; k++) value -= this.#factors[k][i] * this.#waiting[k][j];
    return value;
  }

  #stored(i: number, j: number): number {
    return i > j ? this.#matrix[i * this.#n + j] : this.#matrix[j * this.#n + i];
  }

  /** One step of Gauss elimination, of matrix and rows alike. */
  remove(column: number): void {
    const place = this.#placeOf[column];
    const left = this.#left;
    const pivotRow = this.#waiting[this.#waits];
    const factors = this.#factors[this.#waits];
    this.#readRow(place, pivotRow);
    const pivot = pivotRow[place];
    for (let j = 0; j < left; j++) {
      factors[j] = pivotRow[j] / pivot;
      this.#diagonal[j] -= factors[j] * pivotRow[j];
    }
    for (const row of this.#rows) {
      const weight = row[place];
      for (let j = 0; j < left; j++) row[j] -= weight * factors[j];
    }
    if (++this.#waits === AT_ONCE) this.#eliminate();
    this.#close(place);
  }

  #readRow(place: number, row: Float64Array): void {
    for (let j = 0; j < this.#left; j++) row[j] = this.#stored(place, j);
    for (let k = 0; k < this.#waits; k++) {
      const factor = this.#factors[k][place];
      const pivotRow = this.#waiting[k];
      for (let j = 0; j < this.#left; j++) row[j] -= factor * pivotRow[j];
    }
  }

  #eliminate(): void {
    const [n, matrix, left] = [this.#n, this.#matrix, this.#left];
    const [a, b, c, d] = this.#waiting;
    const [fa, fb, fc, fd] = this.#factors;
    for (let i = 0; i < left; i++) {
      const row = matrix.subarray(i * n, i * n + i + 1);
      const [ai, bi, ci, di] = [fa[i], fb[i], fc[i], fd[i]];
      for (let j = 0; j < row.length; j++) row[j] -= ai * a[j] + bi * b[j] + ci * c[j] + di * d[j];
    }
    this.#waits = 0;
  }

  /** The last place moves to `place`, whose column has left. */
  #close(place: number): void {
    const last = --this.#left;
    const [n, matrix] = [this.#n, this.#matrix];
    if (place !== last) {
      for (let j = 0; j < place; j++) matrix[place * n + j] = matrix[last * n + j];
      for (let i = place + 1; i < last; i++) matrix[i * n + place] = matrix[last * n + i];
      matrix[place * n + place] = matrix[last * n + last];
      const arrays = [this.#diagonal, ...this.#rows];
      for (const array of [...arrays, ...this.#waiting, ...this.#factors]) array[place] = array[last];
    }
    const column = this.#columnAt[last];
    this.#columnAt[place] = column;
    this.#placeOf[column] = place;
  }
}
