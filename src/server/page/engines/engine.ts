import type { NodeProfile } from '../../../runtime/index.js';

export type Scores = ArrayLike<number>;

/** A model loaded in one runtime, as the page uses it: typed array in, scores out. */
export interface Engine {
  /** One inference of one sample as network input, row-major, channels last. The scores are valid until the next run. */
  run(input: Float32Array): Scores | Promise<Scores>;
  /** Bytes of its WebAssembly memory now; null where there is none, or none that can be seen. */
  memoryBytes(): number | null;
  /** What was in fact taken, such as the build and the number of threads. */
  note: string;
  profile?(runs: number): NodeProfile[];
  dispose(): void;
}

/** What an engine opens. */
export interface Source {
  /** Address of a `.lop`, a tfjs `model.json` or an `.onnx`; absent where there are bytes. */
  url?: string;
  /** A `.lop` that is not on the server. */
  bytes?: Uint8Array;
  /** Of one sample, channels last. */
  inputShape: number[];
  /** For the engine that asks the server. */
  model: string;
  version: string;
}

/** Each engine is a script of its own, so that its transfer can be told from the others'. */
export interface EngineScript {
  open(source: Source, options: { build: 'simd128' | 'relaxed-simd'; threads: number }): Promise<Engine>;
}

/** Address of each engine's script; the build writes them, and leaves out what was not installed. */
declare const ENGINE_SCRIPTS: Partial<Record<'lopper' | 'tfjs' | 'ort' | 'reference', string>>;
export const scripts = ENGINE_SCRIPTS;
