/** What an importer is; `import-model.ts` lists them. */
import type { Graph } from '../graph/graph.js';
import type { ReadFile } from './source.js';

export interface ImportOptions {
  /** For http and https sources; without it they are refused. */
  fetch?: typeof globalThis.fetch;
  /** The input's shape without batch, for models that leave some of its dimensions open. */
  inputShape?: number[];
  /** The same by input, for models with several. */
  inputShapes?: Record<string, number[]>;
  /** Inputs that become constants: a scale, a switch, a size that shapes depend on. */
  inputValues?: Record<string, number | number[]>;
  /** Names of the foreign tensors to give, for models whose own outputs are not what is wanted. */
  outputs?: string[];
  /**
   * What becomes of a quantized model (TFLite, ONNX): f32 weights and activations, for pruning and fine-tuning, or its
   * own int8 with its own scales. Default `dequantize`.
   */
  quantized?: 'keep' | 'dequantize';
}

/** A model's one file, or the one that names its others. */
export interface ModelFile {
  /** For messages. */
  name: string;
  bytes: Uint8Array;
  /** Reads a file at a path relative to this one. */
  read: ReadFile;
}

export interface Importer {
  /** What it reads, for messages: `a Keras .h5 file`. */
  kind: string;
  extension: RegExp;
  /** True where the bytes themselves say that this is the importer's format; absent for formats without a signature. */
  signature?(bytes: Uint8Array): boolean;
  /** @throws ImportError: what is wrong with the model, all unsupported layers or nodes at once */
  read(file: ModelFile, options: ImportOptions): Promise<Graph>;
}

/** True where the bytes at `offset` are the text (one byte a character). */
export function hasText(bytes: Uint8Array, text: string, offset = 0): boolean {
  return [...text].every((character, i) => bytes[offset + i] === character.charCodeAt(0));
}
