import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { ensureBackend } from '../backend.js';
import type { Batch } from '../batches.js';
import type { Gradients, Trainer } from '../trainer.js';
import type { Reply, Start, Task } from './messages.js';
import { combine, splitBatch, type ShardGradients } from './shards.js';

export interface CrewOptions {
  /** Parts of a batch, whose gradients are averaged. What a training comes to depends on them. */
  shards: number;
  /** Threads that compute them, this one included; what a training comes to does not depend on it. At most `shards` are of use. */
  workers: number;
}

/**
 * Computes a batch's gradients in shards, some of them on other threads: data-parallel training. Each thread has a copy of the network
 * and a tfjs backend of its own; this one does its share, and moves the weights.
 */
export class Crew {
  readonly #trainer: Trainer;
  readonly #shards: number;
  readonly #weights: Float32Array;
  readonly #hands: Hand[];

  private constructor(trainer: Trainer, shards: number, weights: Float32Array, hands: Hand[]) {
    this.#trainer = trainer;
    this.#shards = shards;
    this.#weights = weights;
    this.#hands = hands;
  }

  /** Starts the threads; `close` ends them. */
  static async open(trainer: Trainer, { shards, workers }: CrewOptions): Promise<Crew> {
    const { name: backend } = await ensureBackend();
    const { graph, options } = trainer;
    const count = [...trainer.parameters.values()].reduce((sum, { values }) => sum + values.length, 0);
    const weights = new SharedArrayBuffer(4 * count);
    const start: Start = { graph, options, backend, weights };
    const threads = Math.max(0, Math.min(workers, shards) - 1);
    const hands = Array.from({ length: threads }, () => new Hand(start, trainer));
    try {
      await Promise.all(hands.map((hand) => hand.ready()));
    } catch (error) {
      await Promise.all(hands.map((hand) => hand.end()));
      throw error;
    }
    return new Crew(trainer, shards, new Float32Array(weights), hands);
  }

  /** As `Trainer.gradients`, in shards. @throws Error where a thread fails */
  async gradients(batch: Batch): Promise<Gradients> {
    const parts = splitBatch(batch, this.#shards);
    this.#shareWeights();
    const shards: ShardGradients[] = [];
    const lanes = this.#hands.length + 1;
    const others = this.#hands.map(async (hand, i) => {
      for (let shard = i + 1; shard < parts.length; shard += lanes)
        shards[shard] = await hand.gradients(parts[shard], shard, this.#trainer.step);
    });
    const own = this.#own(parts, lanes, shards);
    // all, so that none fails later, unheard
    const settled = await Promise.allSettled([own, ...others]);
    const failed = settled.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
    return combine(shards);
  }

  async #own(parts: readonly Batch[], lanes: number, shards: ShardGradients[]): Promise<void> {
    for (let shard = 0; shard < parts.length; shard += lanes) {
      const { count } = parts[shard];
      shards[shard] = { ...this.#trainer.gradients(parts[shard], shard), count };
    }
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.all(this.#hands.map((hand) => hand.end()));
  }

  #shareWeights(): void {
    if (this.#hands.length === 0) return;
    let at = 0;
    for (const { values } of this.#trainer.parameters.values()) {
      this.#weights.set(values, at);
      at += values.length;
    }
  }
}

/** The worker beside this file, or where the build puts it, for whoever runs the sources. */
function workerFile(): URL {
  const places = ['./worker.js', '../../../dist/train/parallel/worker.js'];
  const urls = places.map((place) => new URL(place, import.meta.url));
  return urls.find((url) => existsSync(url)) ?? urls[0];
}

/** A thread, and the memory shared with it. */
class Hand {
  readonly #worker: Worker;
  readonly #trainer: Trainer;
  readonly #gradients: SharedArrayBuffer;
  /** Who waits for the next message. */
  #waiting?: { resolve(reply: Reply): void; reject(error: Error): void };
  /** Why the thread is no more. */
  #end?: Error;
  #x = new SharedArrayBuffer(0);

  constructor(start: Start, trainer: Trainer) {
    this.#trainer = trainer;
    const count = trainer.trainable.reduce((sum, { values }) => sum + values.length, 0);
    this.#gradients = new SharedArrayBuffer(4 * count);
    this.#worker = new Worker(workerFile(), { workerData: start, execArgv: [] });
    this.#worker.on('message', (reply: Reply) => this.#waiting?.resolve(reply));
    this.#worker.once('error', (cause) =>
      this.#lose(new Error(`training thread: expected gradients, got: ${cause.message}`, { cause })),
    );
    this.#worker.once('exit', (code) =>
      this.#lose(new Error(`training thread: expected an answer, got its end with exit code ${code}`)),
    );
  }

  async ready(): Promise<void> {
    await this.#reply();
  }

  async gradients({ x, y, count }: Batch, shard: number, step: number): Promise<ShardGradients> {
    if (this.#x.byteLength !== 4 * x.length) this.#x = new SharedArrayBuffer(4 * x.length);
    new Float32Array(this.#x).set(x);
    const task: Task = { step, shard, count, x: this.#x, y: y.slice(), gradients: this.#gradients };
    this.#worker.postMessage(task);
    const reply = await this.#reply();
    if (reply.type !== 'done') throw new Error(`training thread: expected gradients, got ${reply.type}`);
    return { score: reply.score, statistics: reply.statistics, values: this.#values(), count };
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #lose(error: Error): void {
    this.#end ??= error;
    this.#waiting?.reject(this.#end);
  }

  /** The next message. @throws Error where the thread is no more */
  #reply(): Promise<Reply> {
    // not a race with one promise of the thread's end, which would keep what it has heard of every message as long as the thread lives
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (this.#end) reject(this.#end);
    });
  }

  #values(): Float32Array[] {
    let offset = 0;
    return this.#trainer.trainable.map(({ values }) => {
      const gradient = new Float32Array(this.#gradients, offset, values.length).slice();
      offset += gradient.byteLength;
      return gradient;
    });
  }
}
