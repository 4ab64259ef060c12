import { LopperError } from '../errors.js';
import type { NodeProfile, Values } from '../model.js';
import { buffersOf, revive, type Facts, type Order, type Reply } from './messages.js';
import type { Listener, Port } from './port.js';

/** How one run is to go. */
export interface RunOptions {
  /** Rejects the promise at once; a run that has not begun does not begin. */
  signal?: AbortSignal;
  /** Hands the inputs' memory over instead of copying it: the arrays are empty afterwards. Default false. */
  transfer?: boolean;
}

type Task = Order extends infer Each ? (Each extends Order ? Omit<Each, 'id'> : never) : never;

interface Job {
  task: Task;
  transfer: ArrayBuffer[];
  done(value: unknown): void;
  failed(cause: unknown): void;
}

/** One runs in the worker, and one waits there, so that the worker need not wait for this thread. */
const IN_FLIGHT = 2;

/** Jobs for a model's thread: done in the order in which they came. */
export class Queue implements Listener {
  #port: Port | undefined;
  #ended: LopperError | undefined;
  #waiting: Job[] = [];
  #sent = new Map<number, Job>();
  #next = 0;

  /** Jobs may go from now on. */
  open(port: Port): void {
    this.#port = port;
    if (this.#ended) port.end();
    else this.#advance();
  }

  do(task: Task, transfer: ArrayBuffer[] = [], signal?: AbortSignal): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const give = <T>(settle: (it: T) => void) => {
        return (it: T): void => {
          signal?.removeEventListener('abort', abort);
          settle(it);
        };
      };
      const job: Job = { task, transfer, done: give(resolve), failed: give(reject) };
      const abort = (): void => {
        this.#waiting = this.#waiting.filter((each) => each !== job);
        job.failed(signal!.reason);
      };
      signal?.addEventListener('abort', abort);
      this.#waiting.push(job);
      this.#advance();
    });
  }

  reply(reply: Reply): void {
    const job = this.#sent.get(reply.id);
    this.#sent.delete(reply.id);
    if ('error' in reply) job?.failed(revive(reply.error));
    else job?.done(reply.value);
    this.#advance();
  }

  lost(cause: unknown): void {
    const message = (cause as Error | undefined)?.message || String(cause);
    const what = `worker: expected it to run on, got: ${message}; load the model again`;
    this.end(new LopperError('worker', what, { cause }));
  }

  /** Rejects what is not done, and all that comes. */
  end(why: LopperError): void {
    this.#ended ??= why;
    this.#port?.end();
    const left = [...this.#sent.values(), ...this.#waiting];
    this.#sent.clear();
    this.#waiting = [];
    for (const job of left) job.failed(this.#ended);
  }

  #advance(): void {
    const port = this.#port;
    if (!port) return;
    while (this.#sent.size < IN_FLIGHT && this.#waiting.length > 0) {
      const job = this.#waiting.shift()!;
      const id = this.#next++;
      this.#sent.set(id, job);
      try {
        port.send({ ...job.task, id }, job.transfer);
      } catch (cause) {
        // what cannot be sent, as a function
        this.#sent.delete(id);
        job.failed(cause);
      }
    }
    port.busy(this.#sent.size > 0);
  }
}

/** A model that runs off the calling thread. Made by `loadWorker`. */
export class AsyncModel {
  /** In the order in which `run` takes them. */
  readonly inputs: Facts['inputs'];
  /** In the order in which `run` gives them. */
  readonly outputs: Facts['outputs'];
  /** What the file's writer noted. */
  readonly metadata: Facts['metadata'];
  /** Threads in use, the worker's own among them. */
  readonly threads: number;
  /** Samples a run: inputs and outputs hold them one after another. */
  readonly batch: number;
  /** Of its module; undefined where the caller brought one. */
  readonly build: Facts['build'];
  readonly #queue: Queue;

  constructor(
    facts: Facts,
    queue: Queue,
    /** False where no worker could be started: it then runs on the calling thread, between other work of it. */
    readonly offThread: boolean,
  ) {
    this.inputs = facts.inputs;
    this.outputs = facts.outputs;
    this.metadata = facts.metadata;
    this.threads = facts.threads;
    this.batch = facts.batch;
    this.build = facts.build;
    this.#queue = queue;
  }

  /**
   * One inference of `batch` samples; runs are done in the order of their calls.
   * @param inputs the only input, or an array for each; as `Model.run` takes them. They are copied before this returns, or handed over.
   * @returns an array for each output, which are the caller's own
   * @throws (rejects) TypeError, RangeError as `Model.run`; the signal's reason; LopperError `disposed`, or `worker` where it ended by itself
   */
  runAsync(
    inputs: Float32Array | Int8Array | readonly (Float32Array | Int8Array)[],
    { signal, transfer = false }: RunOptions = {},
  ): Promise<Values[]> {
    const list = Array.isArray(inputs) ? (inputs as readonly (Float32Array | Int8Array)[]) : [inputs];
    // also a part of a larger array is sent alone
    const sent = list.map((values) => (transfer || !ArrayBuffer.isView(values) ? values : values.slice()));
    const buffers = buffersOf(sent.filter((values) => ArrayBuffer.isView(values)));
    return this.#queue.do({ do: 'run', inputs: sent as Values[] }, buffers, signal) as Promise<Values[]>;
  }

  /** Times each node over `runs` runs on the inputs given last. */
  profile(runs = 20): Promise<NodeProfile[]> {
    return this.#queue.do({ do: 'profile', runs }) as Promise<NodeProfile[]>;
  }

  /** Ends the worker at once; runs that are not done reject with the code `disposed`. */
  dispose(): void {
    const message = 'model: expected one in use, got one after dispose(); load it again';
    this.#queue.end(new LopperError('disposed', message));
  }
}
