/** Reads the settings of a Keras layer. A setting that cannot be read is an ImportError that names layer and setting. */
import { ImportError } from '../errors.js';

export type Settings = Record<string, unknown>;
export type Pair = [number, number];
/** top, left, bottom, right */
export type Pads = [number, number, number, number];

/** Who wrote a configuration: some settings mean something else, or have another default. */
export type Dialect = 'keras 2' | 'keras 3' | 'tfjs';

/** A layer's settings, with its path for messages. */
export class LayerConfig {
  constructor(
    readonly path: string,
    readonly settings: Settings,
  ) {}

  /** A whole number >= 1. */
  count(key: string, fallback?: number): number {
    const value = this.settings[key] ?? fallback;
    if (Number.isInteger(value) && (value as number) >= 1) return value as number;
    throw this.wrong(key, 'a whole number of at least 1');
  }

  flag(key: string, fallback: boolean): boolean {
    return (this.settings[key] ?? fallback) === true;
  }

  /** A number, which Keras 3 may have wrapped as an array of numpy's. */
  number(key: string, fallback: number): number {
    const value = unwrapped(this.settings[key]) ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.wrong(key, 'a number');
  }

  text(key: string, fallback: string): string {
    return String(this.settings[key] ?? fallback);
  }

  /** `rank` whole numbers >= 1, which Keras also writes as one. */
  counts(key: string, rank: number, fallback?: readonly number[]): number[] {
    return this.whole(key, rank, 1, fallback);
  }

  /** [y, x], both >= 1; of a sequence (rank 1) its x, below a y of 1. */
  pair(key: string, rank: number, fallback?: readonly number[]): Pair {
    const values = this.counts(key, rank, fallback?.slice(2 - rank));
    return [1, 1, ...values].slice(-2) as Pair;
  }

  /** [y, x], both >= 0, of a sequence with a y of 0; undefined where the setting is not there. */
  offsets(key: string, rank: number): Pair | undefined {
    if ((this.settings[key] ?? undefined) === undefined) return undefined;
    return [0, 0, ...this.whole(key, rank, 0)].slice(-2) as Pair;
  }

  /** n, [rows, columns] or [[top, bottom], [left, right]]; of a sequence n or [left, right]. */
  borders(key: string, rank: number, fallback: number): Pads {
    const value = this.settings[key] ?? fallback;
    const list = Array.isArray(value) ? (value as unknown[]) : undefined;
    const [rows, columns] = rank === 1 ? [0, list ?? value] : (list ?? [value, value]);
    const [top, bottom] = Array.isArray(rows) ? (rows as unknown[]) : [rows, rows];
    const [left, right] = Array.isArray(columns) ? (columns as unknown[]) : [columns, columns];
    const pads = [top, left, bottom, right];
    if (pads.every((n) => Number.isInteger(n) && (n as number) >= 0)) return pads as Pads;
    throw this.wrong(key, rank === 1 ? 'one or two whole numbers' : 'a whole number, two, or two pairs');
  }

  /** Axes without the batch, in 0..rank-1, of one number or a list; Keras counts the batch or from the end. */
  axes(key: string, rank: number, fallback: number | readonly number[]): number[] {
    const list = [unwrapped(this.settings[key]) ?? fallback].flat() as unknown[];
    const axes = list.map((axis) => ((axis as number) < 0 ? (axis as number) + rank : (axis as number) - 1));
    if (axes.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < rank)) return axes;
    throw this.wrong(key, `axes in 1..${rank} or ${-rank}..-1`);
  }

  private whole(key: string, rank: number, least: number, fallback?: readonly number[]): number[] {
    const value = this.settings[key] ?? fallback;
    const list = typeof value === 'number' ? Array.from({ length: rank }, () => value) : value;
    if (Array.isArray(list) && list.length === rank && list.every((n) => Number.isInteger(n) && n >= least))
      return list as number[];
    const many = rank === 1 ? 'a whole number' : 'one or two whole numbers';
    throw this.wrong(key, `${many} of at least ${least}`);
  }

  wrong(key: string, expected: string): ImportError {
    return new ImportError('layer', `${this.path}: ${key}: expected ${expected}, got ${this.shown(key)}`);
  }

  private shown(key: string): string {
    return JSON.stringify(this.settings[key]) ?? 'nothing';
  }
}

/** `{class_name: '__numpy__', config: {value}}` is its value. */
function unwrapped(value: unknown): unknown {
  const config = (value as { config?: unknown } | null | undefined)?.config;
  const isWrapped = typeof config === 'object' && config !== null && 'value' in config;
  return isWrapped ? config.value : (value ?? undefined);
}
