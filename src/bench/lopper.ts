import { load } from '../runtime/node.js';
import { watchMemories } from './memory.js';
import type { LoadedModel } from './peers/peer.js';

/** A `.lop` on Lopper's runtime; `run` hands a typed array in and gets views out. */
export async function openLopper(bytes: Uint8Array, input: Float32Array): Promise<LoadedModel> {
  const memories = watchMemories();
  try {
    const begin = performance.now();
    const model = await load(bytes);
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
      run,
      loadMs,
      firstMs: performance.now() - first,
      memoryBytes: () => memories.bytes(),
      output: () => scores,
      dispose: () => model.dispose(),
    };
  } finally {
    memories.stop();
  }
}
