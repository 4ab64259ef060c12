import type { LopModel } from '../../format/index.js';
import type { Contestant } from '../latency.js';
import { watchMemories } from '../memory.js';

/** The dense original of a model: what the peers run. */
export interface DenseModel {
  /** Absolute path of the tfjs layers-model's `model.json`. */
  path: string;
  /** The same model as a graph, f32. */
  graph: LopModel;
}

/** A model loaded in a runtime: typed array in, typed array out, one thread. */
export interface LoadedModel extends Contestant {
  /** The runtime's name with its version. */
  engine: string;
  /** From the model's bytes to ready to run, compiling the runtime's WebAssembly included, in ms. */
  loadMs: number;
  /** The first inference, in ms. */
  firstMs: number;
  /** Size of the runtime's WebAssembly memories now, in bytes. */
  memoryBytes(): number;
  /** First output of the last run. */
  output(): Float32Array;
  dispose(): void;
}

/** Loads `model` and runs `input` (row-major, channels last, no batch) once. */
export type OpenPeer = (model: DenseModel, input: Float32Array) => Promise<LoadedModel>;

/** A peer whose packages are not installed: it is reported as absent, and nothing else fails. */
export class PeerAbsentError extends Error {
  override name = 'PeerAbsentError';
}

/** `import()` of a development dependency; a package that does not load makes the peer absent. */
export async function importPeer<T>(peer: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new PeerAbsentError(`${peer}: not installed here (${reason})`, { cause });
  }
}

/** What a runtime cost once in this process; every model of it pays for that in its load time. */
export interface Start {
  ms: number;
  memoryBytes(): number;
}

/** Runs `start` at the first call; later calls get the first one's figures. */
export function startOnce(start: () => Promise<void>): () => Promise<Start> {
  let started: Promise<Start> | undefined;
  const measure = async (): Promise<Start> => {
    const memories = watchMemories();
    try {
      const begin = performance.now();
      await start();
      return { ms: performance.now() - begin, memoryBytes: () => memories.bytes() };
    } finally {
      memories.stop();
    }
  };
  return () => (started ??= measure());
}
