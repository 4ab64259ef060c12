import type { Request, Response } from 'express';
import { randomBytes } from 'node:crypto';
import { HttpError } from '../http/errors.js';
import type { JobQueue } from '../jobs/queue.js';
import { hasEnded } from '../jobs/record.js';

/** Proxies close connections on which nothing comes for a minute. */
const HEARTBEAT_MS = 15_000;
/** Streams open at once: each holds a connection. */
const MOST_STREAMS = 500;
/** A client that takes no more loses its stream, not our memory. */
const MOST_WAITING = 2 ** 18;

/** Revisions count from this start of the server. */
const START = randomBytes(4).toString('hex');
let open = 0;

/**
 * A job's changes as server-sent events. Each carries the whole job, so nothing is lost in a break: the first event after
 * one is the job as it is. A client that has seen the end gets 204, at which an EventSource stops asking.
 */
export function streamEvents(queue: JobQueue, id: string, request: Request, response: Response): void {
  const seen = request.headers['last-event-id'];
  const current = (): string => `${START}-${queue.revision(id)}`;
  if (hasEnded(queue.get(id)!) && seen === current()) return void response.status(204).end();
  if (open >= MOST_STREAMS)
    throw new HttpError(
      429,
      `events: expected at most ${MOST_STREAMS} streams, got one more; ask GET /api/jobs/${id}`,
    );
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
  });
  if (request.method === 'HEAD') return void response.end();
  open++;
  const send = (kind: 'progress' | 'state'): void => {
    const job = queue.get(id);
    if (!job) return void response.end();
    if (response.writableLength > MOST_WAITING) return void response.destroy();
    response.write(`id: ${current()}\nevent: ${kind}\ndata: ${JSON.stringify(job)}\n\n`);
    if (hasEnded(job)) response.end();
  };
  const unwatch = queue.watch(id, send);
  const heartbeat = setInterval(() => response.write(':\n\n'), HEARTBEAT_MS);
  const stop = (): void => void response.end();
  queue.closing.addEventListener('abort', stop);
  response.once('close', () => {
    open--;
    unwatch();
    queue.closing.removeEventListener('abort', stop);
    clearInterval(heartbeat);
  });
  response.write('retry: 2000\n\n');
  if (seen !== current()) send('state');
}
