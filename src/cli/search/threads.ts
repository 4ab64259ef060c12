import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { TrialOrder, TrialOutcome, TrialRunner, TrialRunOptions } from '../../compress/search/index.js';
import { orAborted } from '../support/interrupt.js';
import type { SiteOptions } from './site.js';
import type { ThreadAnswer, ThreadOrder } from './thread.js';

interface Task extends ThreadOrder {
  onShare?(share: number): void;
  resolve(outcome: TrialOutcome): void;
  reject(error: unknown): void;
}

/** All cores but one, which is the caller's. */
export const usualThreads = (): number => Math.max(1, availableParallelism() - 1);

const ENTRY = new URL('./thread.js', import.meta.url);

/** Trials on worker threads, each with a backend, a model and data of its own. Threads start when there is work for them. */
export class Threads implements TrialRunner {
  readonly #site: SiteOptions;
  readonly #most: number;
  readonly #waiting: Task[] = [];
  /** What each thread does; undefined: it waits. */
  readonly #threads = new Map<Worker, Task | undefined>();
  #next = 0;

  constructor(site: SiteOptions, threads: number) {
    this.#site = site;
    this.#most = threads;
  }

  async run(order: TrialOrder, { signal, onShare }: TrialRunOptions = {}): Promise<TrialOutcome> {
    signal?.throwIfAborted();
    const outcome = new Promise<TrialOutcome>((resolve, reject) => {
      this.#waiting.push({ id: this.#next++, order, onShare, resolve, reject });
      this.#assign();
    });
    return orAborted(outcome, signal);
  }

  async close(): Promise<void> {
    this.#waiting.length = 0;
    const threads = [...this.#threads.keys()];
    this.#threads.clear();
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  /** Gives what waits to threads that wait, then to new ones. */
  #assign(): void {
    while (this.#waiting.length > 0) {
      const idle = [...this.#threads].find(([, task]) => task === undefined)?.[0];
      if (!idle && this.#threads.size >= this.#most) return;
      const thread = idle ?? this.#start();
      const task = this.#waiting.shift()!;
      this.#threads.set(thread, task);
      thread.postMessage({ id: task.id, order: task.order } satisfies ThreadOrder);
    }
  }

  #start(): Worker {
    const thread = new Worker(ENTRY, { workerData: this.#site });
    thread.on('message', (message: ThreadAnswer) => this.#hear(thread, message));
    thread.on('error', (error) => this.#lose(thread, error));
    thread.on('exit', (code) =>
      this.#lose(thread, new Error(`search: a thread ended by itself, exit code ${code}`)),
    );
    return thread;
  }

  #hear(thread: Worker, message: ThreadAnswer): void {
    const task = this.#threads.get(thread);
    if (task?.id !== message.id) return;
    if ('share' in message) return task.onShare?.(message.share);
    this.#threads.set(thread, undefined);
    if ('outcome' in message) task.resolve(message.outcome);
    else task.reject(message.error);
    this.#assign();
  }

  #lose(thread: Worker, error: Error): void {
    const task = this.#threads.get(thread);
    this.#threads.delete(thread);
    task?.reject(error);
    this.#assign();
  }
}
