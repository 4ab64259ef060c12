/** What goes between the calling thread and a model in a worker. */
import { LopperError } from '../errors.js';
import type { LoadOptions } from '../load.js';
import type { Model, Values } from '../model.js';

/** A source that can be sent: bytes, or an address. */
export type SentSource = Uint8Array<ArrayBuffer> | string;

/** The first loads; all later ones use what it loaded. */
export type Order =
  | { id: number; do: 'load'; source: SentSource; options: LoadOptions }
  | { id: number; do: 'run'; inputs: readonly (Float32Array | Int8Array)[] }
  | { id: number; do: 'profile'; runs: number };

/** What `load` tells of the model. */
export type Facts = Pick<Model, 'inputs' | 'outputs' | 'metadata' | 'threads' | 'batch' | 'build'>;

/** The answer to the order of that id. */
export type Reply = { id: number; value: unknown } | { id: number; error: PlainError };

/** What is left of an error on its way: its class is found again by its name. */
interface PlainError {
  name: string;
  message: string;
  code?: string;
}

export function plain(error: unknown): PlainError {
  const { name, message, code } = error as Partial<LopperError>;
  return { name: name ?? 'Error', message: message ?? String(error), code };
}

export function revive({ name, message, code }: PlainError): Error {
  if (name === 'LopperError') return new LopperError(code!, message);
  if (name === 'TypeError') return new TypeError(message);
  if (name === 'RangeError') return new RangeError(message);
  return Object.assign(new Error(message), { name });
}

/** Buffers to hand over with a message; memory that threads share cannot be. */
export function buffersOf(
  values: readonly (Values | Float32Array | Int8Array | Uint8Array)[],
): ArrayBuffer[] {
  return [...new Set(values.map(({ buffer }) => buffer))].filter((buffer) => buffer instanceof ArrayBuffer);
}
