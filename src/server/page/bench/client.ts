/** The page's end of its worker. */
import type { CallName, Calls, Reply, Samples } from './protocol.js';

/** Address of the worker's script; the build writes it. */
declare const WORKER_SCRIPT: string;

interface Waiting {
  resolve(out: unknown): void;
  reject(error: Error): void;
  onSamples?(samples: Record<string, Samples>): void;
}

const worker = new Worker(WORKER_SCRIPT, { type: 'module', name: 'bench' });
const waiting = new Map<number, Waiting>();
let last = 0;

worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
  const call = waiting.get(data.id);
  if (!call) return;
  if ('samples' in data) return call.onSamples?.(data.samples);
  waiting.delete(data.id);
  if ('error' in data) call.reject(new Error(data.error));
  else call.resolve(data.out);
});

worker.addEventListener('error', (event) => {
  const error = new Error(`the page's worker: ${event.message || 'cannot start'}; reload the page`);
  for (const { reject } of waiting.values()) reject(error);
  waiting.clear();
});

/** Calls the worker. @param onSamples hears what `time` reports on its way */
export function call<Name extends CallName>(
  name: Name,
  input: Calls[Name]['in'],
  onSamples?: (samples: Record<string, Samples>) => void,
): Promise<Calls[Name]['out']> {
  const id = ++last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve: resolve as (out: unknown) => void, reject, onSamples });
    worker.postMessage({ id, call: name, in: input });
  });
}
