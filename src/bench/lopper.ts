import type { LoadOptions, NodeProfile } from '../runtime/index.js';
import type { ContestHost } from './contest.js';
import { watchMemories } from './memory.js';
import type { LoadedModel } from './peers/peer.js';

/** A `.lop` on Lopper's runtime, with what it tells of its nodes. */
export interface LoadedLopper extends LoadedModel {
  /** In use: fewer than asked for where the engine has none. */
  threads: number;
  profile(runs: number): NodeProfile[];
}

/** Loads a `.lop`; `run` hands a typed array in and gets views out. */
export async function openLopper(
  load: ContestHost['load'],
  bytes: Uint8Array,
  input: Float32Array,
  dtype: LoadedModel['dtype'],
  options: LoadOptions = {},
): Promise<LoadedLopper> {
  const memories = watchMemories();
  try {
    const begin = performance.now();
    const model = await load(bytes, options);
    const loadMs = performance.now() - begin;
    let scores = new Float32Array(0);
    const run = (): void => {
      scores = model.run(input)[0] as Float32Array<ArrayBuffer>;
    };
    const first = performance.now();
    run();
    return {
      name: 'lopper',
      engine: `lopper ${model.build}`,
      dtype,
      threads: model.threads,
      run,
      loadMs,
      firstMs: performance.now() - first,
      memoryBytes: () => memories.bytes(),
      output: () => scores,
      profile: (runs) => model.profile(runs),
      dispose: () => model.dispose(),
    };
  } finally {
    memories.stop();
  }
}
