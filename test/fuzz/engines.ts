import type { Random } from '../helpers/random.js';
import { Corpus } from './corpus.js';
import type { Mutator, Pool } from './mutate/mutate.js';
import type { Session } from './session.js';

/** When to stop, and what to draw on. */
export interface Plan {
  count: number;
  /** Of running; `count` may be reached before. */
  seconds: number;
  random: Random;
  seeds: readonly Uint8Array[];
  mutate: Mutator;
  words: readonly string[];
}

/** Files grow by mutation; larger ones are slower and find no more. */
const MOST_BYTES = 1 << 16;

/** Files made of the seeds alone, whatever they reach. */
export async function blind(session: Session, plan: Plan): Promise<Corpus> {
  const { random: r, seeds } = plan;
  const corpus = await read(session, plan);
  const pool: Pool = { words: plan.words, pick: (random) => random.pick(seeds) };
  await repeat(session, plan, async () => {
    const file = plan.mutate(r.pick(seeds), r, pool);
    if (await session.execute(file)) corpus.add(file, session.coverage!.features());
  });
  return corpus;
}

/** Files made of those that reached something new: a genetic search, as AFL's. */
export async function guided(session: Session, plan: Plan): Promise<Corpus> {
  const { random: r } = plan;
  const corpus = await read(session, plan);
  const pool: Pool = { words: plan.words, pick: (random) => corpus.pick(random) };
  await repeat(session, plan, async () => {
    const file = plan.mutate(corpus.pick(r), r, pool);
    if (file.length > MOST_BYTES) return;
    if (await session.execute(file)) corpus.add(file, session.coverage!.features());
  });
  return corpus;
}

/** A corpus of the seeds, each read once. */
async function read(session: Session, { seeds, count }: Plan): Promise<Corpus> {
  const corpus = new Corpus(seeds);
  for (const seed of seeds) {
    if (session.executions >= count) break;
    const isNew = await session.execute(seed);
    if (isNew || corpus.kept.length === 0)
      corpus.add(seed, session.coverage?.features() ?? new Uint32Array(0));
  }
  return corpus;
}

/** Timers, and with them whoever sends signals, have their turn so often. */
const REST_EVERY = 256;

async function repeat(session: Session, { count, seconds }: Plan, once: () => Promise<void>): Promise<void> {
  const end = performance.now() + seconds * 1000;
  for (let i = 0; session.executions < count && performance.now() < end && !session.isOver; i++) {
    await once();
    if (i % REST_EVERY === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
