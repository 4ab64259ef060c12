import { setTimeout } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { TrialOrder, TrialOutcome, TrialRunner } from '../../compress/search/index.js';
import { announced, connectionOf, openRedis, PREFIX, queueName, type Announcement } from './connection.js';

export interface QueueWorkerOptions {
  /** Of the queue: `redis://host:port`. */
  address: string;
  /** What this machine has. */
  own: Announcement;
  runner: TrialRunner;
  /** Trials at a time. */
  threads: number;
  /** A worker that is not heard of for so long, in seconds, counts as dead, and its trial goes to another. */
  patience: number;
  onNote?(line: string): void;
  onDone?(outcome: TrialOutcome): void;
  signal: AbortSignal;
}

/** Between two looks for a search, in ms. */
const LOOK_EVERY_MS = 500;
/** Between two messages of progress, in ms. */
const SHARE_EVERY_MS = 1000;
/** Workers that may die over one trial before it counts as failed: a trial that kills each of them is not endless. */
const MOST_STALLS = 10;

/**
 * Takes trials from a queue until the signal aborts; then what runs goes back to the queue. The lock on a trial is renewed from
 * this thread while others compute, so a busy worker is not taken for dead.
 *
 * @throws Error where searches are announced, and none has this machine's model and data
 */
export async function serveQueue(options: QueueWorkerOptions): Promise<void> {
  const { address, own, runner, signal, onNote } = options;
  const redis = await openRedis(address);
  try {
    await untilAnnounced(redis, options);
    onNote?.(`working on ${own.model} with ${own.data}`);
    await work(options);
  } finally {
    redis.disconnect();
    await runner.close();
  }
  signal.throwIfAborted();
}

async function untilAnnounced(redis: Redis, { own, signal, onNote }: QueueWorkerOptions): Promise<void> {
  for (let noted = false; ; noted = true) {
    const searches = await announced(redis);
    if (searches.some(({ identity }) => identity === own.identity)) return;
    if (searches.length > 0) throw differs(own, searches[0]);
    if (!noted) onNote?.('no search yet: waiting for one');
    await setTimeout(LOOK_EVERY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function differs(own: Announcement, search: Announcement): Error {
  const [ours, theirs] = [own, search].map(({ identity }) => identity.slice(0, 12));
  return new Error(
    `worker: expected the model, data and version of the search (${search.model} with ${search.data}, hash ${theirs}), ` +
      `got ${own.model} with ${own.data}, hash ${ours}; give the same model file and data set, and the same version of lopper`,
  );
}

async function work({
  address,
  own,
  runner,
  threads,
  patience,
  onDone,
  signal,
}: QueueWorkerOptions): Promise<void> {
  const { Worker, WaitingError } = await import('bullmq');
  const milliseconds = Math.ceil(1000 * patience);
  const worker = new Worker<TrialOrder, TrialOutcome>(
    queueName(own.identity),
    async (job, token) => {
      let told = Date.now();
      const onShare = (share: number): void => {
        if (Date.now() - told < SHARE_EVERY_MS) return;
        told = Date.now();
        void job.updateProgress(share).catch(() => undefined);
      };
      try {
        const outcome = await runner.run(job.data, { signal, onShare });
        onDone?.(outcome);
        return outcome;
      } catch (error) {
        if (!signal.aborted) throw error;
        await job.moveToWait(token);
        throw new WaitingError();
      }
    },
    {
      connection: connectionOf(address),
      prefix: PREFIX,
      concurrency: threads,
      lockDuration: milliseconds,
      stalledInterval: milliseconds,
      maxStalledCount: MOST_STALLS,
    },
  );
  worker.on('error', () => undefined); // lost connections are made again
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await worker.close();
}
