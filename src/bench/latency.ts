/** Latency of several contestants on one machine, interleaved (A B A B ...) so that a noisy moment touches all of them alike. */

/** One thing to time. `run` does one inference and leaves its result where the caller can read it. */
export interface Contestant {
  name: string;
  /** Called before each of its samples, untimed. */
  enter?(): void | Promise<void>;
  run(): void | Promise<unknown>;
}

export interface LatencyOptions {
  /** Samples a contestant, at least 1. Default 50. */
  runs?: number;
  /** Time given to warm each contestant up, in ms: compilers tier up after some hundred calls. Default 200. */
  warmupMs?: number;
  /** Shortest sample, in ms: faster models repeat inside a sample until it lasts this long. Default 2. */
  sampleMs?: number;
  /** Inferences before each sample that are not timed: the other contestants have just emptied the caches. Default 0. */
  settle?: number;
  /**
   * Longest that all samples together may take, in ms: fewer are taken where the contestants are slow, but never fewer than 9.
   * Default no limit.
   */
  budgetMs?: number;
  /** A clock in ms. Default `performance.now`. */
  now?: () => number;
  /** Called after each round of samples. */
  onRound?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** Milliseconds an inference; each sample is the mean of `repetitions` inferences. */
export interface Latency {
  medianMs: number;
  minMs: number;
  p95Ms: number;
  runs: number;
  repetitions: number;
  samples: number[];
}

/**
 * The value below which the fraction `q` of the sorted `samples` lies (linear between neighbours, as numpy's default).
 * Throws RangeError where there are no samples or `q` is outside [0, 1].
 */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) throw new RangeError('quantile: expected at least 1 sample, got 0');
  if (!(q >= 0 && q <= 1)) throw new RangeError(`quantile: expected q in [0, 1], got ${q}`);
  const sorted = [...samples].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/** Runs `count` inferences. Synchronous contestants are not awaited: a microtask costs as much as a small model. */
async function repeat(contestant: Contestant, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const pending = contestant.run();
    if (pending) await pending;
  }
}

/** Warms up, and returns how many inferences fill one sample. */
async function warmUp(
  contestant: Contestant,
  warmupMs: number,
  sampleMs: number,
  now: () => number,
): Promise<number> {
  const start = now();
  let total = 0;
  for (let batch = 1; now() - start < warmupMs; batch = Math.min(batch * 2, 1024)) {
    await repeat(contestant, batch);
    total += batch;
  }
  const begin = now();
  const probe = Math.max(1, Math.min(total, 256));
  await repeat(contestant, probe);
  const each = (now() - begin) / probe;
  return each > 0 ? Math.max(1, Math.ceil(sampleMs / each)) : 1024;
}

function summarize(samples: number[], repetitions: number): Latency {
  return {
    medianMs: quantile(samples, 0.5),
    minMs: quantile(samples, 0),
    p95Ms: quantile(samples, 0.95),
    runs: samples.length,
    repetitions,
    samples,
  };
}

/** Samples that a budget never takes away: a median of fewer says little. */
const LEAST_RUNS = 9;

/** How many of `runs` rounds fit into the budget, where one round took `roundMs`. */
function roundsWithin(runs: number, budgetMs: number, roundMs: number): number {
  return Math.min(runs, Math.max(LEAST_RUNS, Math.floor(budgetMs / roundMs)));
}

/**
 * Times the contestants in turns and returns one summary each, in their order. Throws RangeError for a bad option and
 * the signal's reason when aborted.
 */
export async function measureLatency(
  contestants: readonly Contestant[],
  options: LatencyOptions = {},
): Promise<Latency[]> {
  const { runs = 50, warmupMs = 200, sampleMs = 2, settle = 0, budgetMs = Infinity } = options;
  const { now = () => performance.now(), onRound, signal } = options;
  if (!Number.isInteger(runs) || runs < 1)
    throw new RangeError(`runs: expected a whole number of at least 1, got ${runs}`);
  const repetitions: number[] = [];
  for (const contestant of contestants) {
    signal?.throwIfAborted();
    await contestant.enter?.();
    repetitions.push(await warmUp(contestant, warmupMs, sampleMs, now));
  }
  const samples: number[][] = contestants.map(() => []);
  const begin = now();
  for (let round = 0, rounds = runs; round < rounds; round++) {
    signal?.throwIfAborted();
    for (const [i, contestant] of contestants.entries()) {
      await contestant.enter?.();
      await repeat(contestant, settle);
      const start = now();
      await repeat(contestant, repetitions[i]);
      samples[i].push((now() - start) / repetitions[i]);
    }
    rounds = roundsWithin(runs, budgetMs, (now() - begin) / (round + 1));
    onRound?.(round + 1, rounds);
  }
  return samples.map((of, i) => summarize(of, repetitions[i]));
}
