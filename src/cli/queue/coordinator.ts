import type { Job } from 'bullmq';
import type { TrialOrder, TrialOutcome, TrialRunner } from '../../compress/search/index.js';
import { hashOf } from '../../compress/search/journal.js';
import { orAborted } from '../support/interrupt.js';
import { announce, connectionOf, openRedis, PREFIX, queueName, type Announcement } from './connection.js';

/** Of a trial whose worker fails, not its recipe: a full disk, a lost model. */
const ATTEMPTS = 3;

/**
 * Trials on other machines: each order is a job of a BullMQ queue on Redis, under the order's hash. A coordinator that comes back
 * finds its jobs again, finished or not. What runs when it closes is dropped.
 */
export async function openQueue(address: string, search: Announcement): Promise<TrialRunner> {
  const redis = await openRedis(address);
  const { Queue, QueueEvents } = await import('bullmq');
  const options = { connection: connectionOf(address), prefix: PREFIX };
  const name = queueName(search.identity);
  const queue = new Queue<TrialOrder, TrialOutcome>(name, options);
  const events = new QueueEvents(name, options);
  events.setMaxListeners(0); // one a waiting trial
  queue.setMaxListeners(0);
  const shares = new Map<string, (share: number) => void>();
  events.on('progress', ({ jobId, data }) => shares.get(jobId)?.(Number(data)));
  await events.waitUntilReady();
  const withdraw = await announce(redis, search);

  /** The order's job; one that failed for good in an earlier search starts anew. */
  async function jobOf(order: TrialOrder): Promise<Job<TrialOrder, TrialOutcome>> {
    const jobId = hashOf(order);
    const there = await queue.getJob(jobId);
    if (await there?.isFailed()) await there!.remove();
    return queue.add('trial', order, { jobId, attempts: ATTEMPTS });
  }

  return {
    run: async (order, { signal, onShare } = {}) => {
      signal?.throwIfAborted();
      const job = await jobOf(order);
      if (onShare) shares.set(job.id!, onShare);
      try {
        return await orAborted(job.waitUntilFinished(events), signal);
      } finally {
        shares.delete(job.id!);
      }
    },
    close: async () => {
      await withdraw();
      await queue.obliterate({ force: true });
      await Promise.all([queue.close(), events.close()]);
      redis.disconnect();
    },
  };
}
