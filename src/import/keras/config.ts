/** Reads the settings of a Keras layer. A setting that cannot be read is an ImportError that names layer and setting. */
import { ImportError } from '../errors.js';

export type Settings = Record<string, unknown>;
type Pair = [number, number];
type Pads = [number, number, number, number];

const ACTIVATIONS = ['linear', 'relu', 'relu6', 'softmax'];

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

  number(key: string, fallback: number): number {
    const value = this.settings[key] ?? fallback;
    if (typeof value === 'number') return value;
    throw this.wrong(key, 'a number');
  }

  /** [y, x], which Keras also writes as one number. */
  pair(key: string, fallback?: Pair): Pair {
    const value = this.settings[key] ?? fallback;
    const pair = typeof value === 'number' ? [value, value] : value;
    if (Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= 1)) {
      return pair as Pair;
    }
    throw this.wrong(key, 'one or two whole numbers of at least 1');
  }

  /** ZeroPadding2D's padding: n, [rows, columns] or [[top, bottom], [left, right]]. As [top, left, bottom, right]. */
  zeroPadding(): Pads {
    const value = this.settings.padding ?? 1;
    const [rows, columns] = Array.isArray(value) ? (value as unknown[]) : [value, value];
    const [top, bottom] = Array.isArray(rows) ? rows : [rows, rows];
    const [left, right] = Array.isArray(columns) ? columns : [columns, columns];
    const pads = [top, left, bottom, right];
    if (pads.every((n) => Number.isInteger(n) && n >= 0)) return pads as Pads;
    throw this.wrong('padding', 'a whole number, two, or two pairs');
  }

  /**
   * Pads [top, left, bottom, right] for the setting `padding`. SAME follows TensorFlow: the output is
   * ceil(input / stride) long, and where the padding is odd its larger half is below and to the right.
   */
  windowPads(image: readonly number[], size: Pair, strides: Pair, dilations: Pair): Pads {
    const padding = this.settings.padding ?? 'valid';
    if (padding === 'valid') return [0, 0, 0, 0];
    if (padding !== 'same') throw this.wrong('padding', "'same' or 'valid'");
    const [rows, columns] = [0, 1].map((axis) => {
      const extent = (size[axis] - 1) * dilations[axis] + 1;
      const outputs = Math.ceil(image[axis] / strides[axis]);
      return Math.max((outputs - 1) * strides[axis] + extent - image[axis], 0);
    });
    return [rows >> 1, columns >> 1, rows - (rows >> 1), columns - (columns >> 1)];
  }

  /** The activation's plain name: linear, relu, relu6 or softmax. */
  activation(): string {
    return activationName(this.settings.activation);
  }

  private wrong(key: string, expected: string): ImportError {
    return new ImportError('layer', `${this.path}: ${key}: expected ${expected}, got ${this.shown(key)}`);
  }

  private shown(key: string): string {
    return JSON.stringify(this.settings[key]) ?? 'nothing';
  }
}

/** `relu6`, also where Keras wrote it as a custom object: `Custom>relu6`, `{class_name: 'function', config: 'relu6'}`. */
function activationName(value: unknown): string {
  if (value === undefined || value === null) return 'linear';
  if (typeof value === 'string') return value.slice(value.search(/[^>.]*$/));
  const { class_name: kind, config } = value as { class_name?: unknown; config?: unknown };
  return activationName(typeof config === 'string' ? config : (kind ?? 'unnamed'));
}

/** Why the activation that the settings name cannot be imported; undefined where it can. */
export function activationFault(settings: Settings): string | undefined {
  const name = activationName(settings.activation);
  if (ACTIVATIONS.includes(name)) return undefined;
  return `activation: expected ${ACTIVATIONS.join(', ')}, got ${name}, which is not supported yet`;
}
