import type { Engine } from '../engines/engine.js';
import type { Samples } from './protocol.js';

/** Shortest sample: a browser's clock ticks every 0.1 ms where the page is not cross-origin isolated, else every 5 us. */
const SAMPLE_MS = globalThis.crossOriginIsolated ? 1 : 4;
const WARM_UP = 3;
/** Pause between reports, so that a page that draws them stays calm. */
const REPORT_MS = 120;

/** Repeats `engine` for at least one sample's time; an engine that answers later is waited for each time. */
async function sample(engine: Engine, input: Float32Array): Promise<{ each: number; count: number }> {
  const start = performance.now();
  let count = 0;
  let elapsed = 0;
  for (let batch = 1; elapsed < SAMPLE_MS; batch *= 2) {
    for (let i = 0; i < batch; i++) {
      const scores = engine.run(input);
      if (scores instanceof Promise) await scores;
    }
    count += batch;
    elapsed = performance.now() - start;
  }
  return { each: elapsed / count, count };
}

/** Lets messages in, without a timer's 4 ms. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(null);
  });
}

/**
 * Times the engines in turns (A B A B ...), and hands on what is new a few times a second. False where `stale` says that nobody waits any more.
 * @param engines by key
 */
export async function timeEngines(
  engines: ReadonlyMap<string, Engine>,
  input: Float32Array,
  rounds: number,
  report: (samples: Record<string, Samples>) => void,
  stale: () => boolean,
): Promise<boolean> {
  let fresh: Record<string, Samples> = {};
  let reported = performance.now();
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const [key, engine] of engines) {
      const { each, count } = await sample(engine, input);
      if (round < 0) continue;
      fresh[key] ??= { samples: [], count: 0 };
      fresh[key].samples.push(each);
      fresh[key].count += count;
      await breathe();
      if (stale()) return false;
    }
    const isLast = round === rounds - 1;
    if (round < 0 || (!isLast && performance.now() - reported < REPORT_MS)) continue;
    report(fresh);
    fresh = {};
    reported = performance.now();
  }
  return true;
}
