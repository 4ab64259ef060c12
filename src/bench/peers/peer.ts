import type { LopModel } from '../../format/index.js';
import type { Contestant } from '../latency.js';
import { watchMemories } from '../memory.js';
import type { PeerName } from './names.js';

/** The dense original of a model: what the peers run. */
export interface DenseModel {
  /** The model as a graph, f32. */
  graph: LopModel;
  /** The same network in int8, for the peers that run that. */
  int8?: LopModel;
  /** Absolute path of the tfjs layers-model's `model.json` that it was imported from, where there is one. */
  path?: string;
}

/** A model loaded in a runtime: typed array in, typed array out, one thread. */
export interface LoadedModel extends Contestant {
  /** The runtime's name with its version. */
  engine: string;
  /** Of weights and activations. */
  dtype: 'f32' | 'int8';
  /** From the model's bytes to ready to run, compiling the runtime's WebAssembly included, in ms. */
  loadMs: number;
  /** The first inference, in ms. */
  firstMs: number;
  /** Size of the runtime's WebAssembly memories now, in bytes; of a native runtime, by how much the process grew. */
  memoryBytes(): number;
  /** First output of the last run, row-major, channels last. */
  output(): Float32Array;
  dispose(): void;
}

/** Loads `model` and runs `input` (`batch` samples, row-major, channels last) once. */
export type OpenPeer = (model: DenseModel, input: Float32Array, batch: number) => Promise<LoadedModel>;

/** The peers that a host has. */
export type Peers = Partial<Record<PeerName, OpenPeer>>;

/** A peer whose packages are not installed, or that cannot run this model: it is reported as absent, and nothing else fails. */
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
