import type { Engine } from './engines/engine.js';

/** Shortest sample: a browser's clock ticks every 0.1 ms where the page is not cross-origin isolated. */
const SAMPLE_MS = 4;
const SAMPLES = 25;
const WARM_UP = 3;

/** Milliseconds an inference; each sample is the mean of many runs. */
export interface Timing {
  median: number;
  samples: number[];
  inferences: number;
}

/** Repeats `engine` for at least one sample's time. */
function sample(engine: Engine, image: Float32Array): { each: number; count: number } {
  const start = performance.now();
  let count = 0;
  let elapsed = 0;
  for (let batch = 1; elapsed < SAMPLE_MS; batch *= 2) {
    for (let i = 0; i < batch; i++) engine.run(image);
    count += batch;
    elapsed = performance.now() - start;
  }
  return { each: elapsed / count, count };
}

const nextFrame = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/**
 * Times the engines in turns (A B A B ...), giving the page a moment between rounds. Undefined where `stale` says
 * that the answer is no longer wanted.
 */
export async function timeEngines(
  engines: readonly Engine[],
  image: Float32Array,
  stale: () => boolean,
): Promise<Timing[] | undefined> {
  const samples: number[][] = engines.map(() => []);
  const inferences = engines.map(() => 0);
  for (let round = -WARM_UP; round < SAMPLES; round++) {
    for (const [i, engine] of engines.entries()) {
      const { each, count } = sample(engine, image);
      if (round >= 0) samples[i].push(each);
      inferences[i] += count;
    }
    await nextFrame();
    if (stale()) return undefined;
  }
  return samples.map((of, i) => ({
    median: of.toSorted((a, b) => a - b)[of.length >> 1],
    samples: of,
    inferences: inferences[i],
  }));
}
