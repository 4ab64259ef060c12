import { randomBytes } from 'node:crypto';
import { EventEmitter, setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { jobStates, type Job, type JobProgress } from '../api/schemas.js';
import { HttpError } from '../http/errors.js';
import { silent, type Logger } from '../http/log.js';
import { DEFAULT_LIMITS, type Limits } from '../settings.js';
import { JobProcess } from './process.js';
import { FILES, hasEnded, jobOf, type JobOrder, type JobRecord } from './record.js';
import { JobStore } from './store.js';

export interface QueueOptions {
  /** Where jobs are kept; made where it is not there. */
  folder: string;
  /** The script of a job's process. */
  program: string;
  limits?: Partial<Limits>;
  log?: Logger;
}

/** A place in the queue that is being filled: its files are coming in. */
export interface Reservation {
  id: string;
  client: string;
  /** Where the files go. */
  uploads: string;
}

interface Entry {
  record: JobRecord;
  client: string;
  progress: JobProgress | null;
  /** Grows with each change: what an event stream has seen. */
  revision: number;
  process?: JobProcess;
}

const SWEEP_MS = 600_000;
const STOPPED = 'server: it stopped while the job ran; send the job again';

const now = (): string => new Date().toISOString();

/** Jobs that wait, run and have ended. A job runs in a process of its own, so many at once, the first come first. */
export class JobQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #reserved = new Map<string, string>();
  readonly #events = new EventEmitter<{ change: [id: string, kind: 'progress' | 'state'] }>();
  readonly #ending = new Set<Promise<void>>();
  readonly #sweeper: NodeJS.Timeout;
  readonly #closing = new AbortController();

  private constructor(
    private readonly store: JobStore,
    private readonly program: string,
    private readonly limits: Limits,
    private readonly log: Logger,
  ) {
    setMaxListeners(0, this.#events, this.#closing.signal);
    this.#sweeper = setInterval(() => void this.#sweep(), SWEEP_MS).unref();
  }

  /** Takes up what a former server left: ended jobs are kept, waiting ones wait again, one that ran has failed. */
  static async open({ folder, program, limits, log = silent() }: QueueOptions): Promise<JobQueue> {
    const queue = new JobQueue(new JobStore(folder), program, { ...DEFAULT_LIMITS, ...limits }, log);
    const records = await queue.store.load();
    records.sort((a, b) => a.created.localeCompare(b.created));
    for (const record of records) queue.#entries.set(record.id, entryOf(record, ''));
    await Promise.all(records.filter(({ state }) => state === 'running').map((left) => queue.#recover(left)));
    await queue.#sweep();
    queue.#next();
    return queue;
  }

  /** Aborts when the server stops: streams of events then end. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Latest first. */
  list(): Job[] {
    return [...this.#entries.keys()].reverse().map((id) => this.get(id)!);
  }

  get(id: string): Job | undefined {
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    const place = this.#waiting().indexOf(entry);
    return jobOf(entry.record, place < 0 ? null : place + 1, entry.progress);
  }

  revision(id: string): number {
    return this.#entries.get(id)?.revision ?? 0;
  }

  counts(): Record<Job['state'], number> {
    const counts = Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<Job['state'], number>;
    for (const { record } of this.#entries.values()) counts[record.state]++;
    return counts;
  }

  /** A file of a job that is done. */
  file(id: string, file: 'model' | 'report'): string | undefined {
    const done = this.#entries.get(id)?.record.state === 'done';
    return done ? join(this.store.folderOf(id), FILES[file]) : undefined;
  }

  /** Asked before a client's files are read. @throws HttpError 429, 503 */
  async reserve(client: string): Promise<Reservation> {
    if (this.closing.aborted) throw new HttpError(503, 'server: it is stopping; send the job again later');
    const { jobsQueued, jobsPerClient } = this.limits;
    const wait = { 'Retry-After': '60' };
    const coming = [...this.#reserved.values()];
    if (this.#waiting().length + coming.length >= jobsQueued)
      throw new HttpError(
        429,
        `jobs: expected at most ${jobsQueued} that wait, got one more; come back later`,
        wait,
      );
    const active = [...this.#entries.values()].filter(({ record }) => !hasEnded(record));
    const own = [...active.map((entry) => entry.client), ...coming].filter((each) => each === client);
    if (own.length >= jobsPerClient)
      throw new HttpError(
        429,
        `jobs: expected at most ${jobsPerClient} of one client, got one more; wait for one, or cancel it`,
        wait,
      );
    const id = randomBytes(12).toString('base64url');
    this.#reserved.set(id, client);
    return { id, client, uploads: await this.store.prepare(id) };
  }

  /** Gives a reservation up, with what was uploaded. */
  async release({ id }: Reservation): Promise<void> {
    if (this.#reserved.delete(id)) await this.#track(this.store.remove(id));
  }

  /** Queues a job whose files are there. */
  async submit({ id, client }: Reservation, name: string, order: JobOrder): Promise<Job> {
    const record: JobRecord = {
      version: 1,
      id,
      name,
      state: 'queued',
      created: now(),
      started: null,
      ended: null,
      error: null,
      result: null,
    };
    await this.store.order(id, order);
    await this.store.save(record);
    this.#entries.set(id, entryOf(record, client));
    this.#reserved.delete(id);
    this.log.info({ job: id }, 'job queued');
    this.#next();
    return this.get(id)!;
  }

  /** One that runs is killed; one that has ended stays as it is. */
  async cancel(id: string): Promise<Job | undefined> {
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    if (!hasEnded(entry.record)) {
      const { process } = entry;
      const ending = this.#end(entry, { state: 'cancelled' });
      process?.kill('cancelled');
      await Promise.all([ending, process?.ended]);
    }
    return this.get(id);
  }

  /** @param listener told of each change. @returns what ends it */
  watch(id: string, listener: (kind: 'progress' | 'state') => void): () => void {
    const hear = (changed: string, kind: 'progress' | 'state'): void => {
      if (changed === id) listener(kind);
    };
    this.#events.on('change', hear);
    return () => this.#events.off('change', hear);
  }

  /** Kills what runs, which waits again until the next start. What has ended is on disk when it resolves. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#sweeper);
    for (const { process } of this.#entries.values()) process?.kill(STOPPED);
    // what ends may begin something more, as a record that is written
    while (this.#ending.size > 0) await Promise.all(this.#ending);
  }

  #waiting(): Entry[] {
    return [...this.#entries.values()].filter(({ record }) => record.state === 'queued');
  }

  #change(entry: Entry, kind: 'progress' | 'state'): void {
    entry.revision++;
    this.#events.emit('change', entry.record.id, kind);
  }

  #next(): void {
    const running = [...this.#entries.values()].filter(({ process }) => process).length;
    const free = this.closing.aborted ? 0 : this.limits.jobsRunning - running;
    for (const entry of this.#waiting().slice(0, Math.max(0, free))) {
      const run = this.#run(entry).catch((error: unknown) => this.log.error({ err: error }, 'job'));
      void this.#track(run).finally(() => this.#next());
    }
  }

  /** Remembers what `close` waits for. */
  #track<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#ending.add(settled);
    void settled.finally(() => this.#ending.delete(settled));
    return work;
  }

  async #run(entry: Entry): Promise<void> {
    const { record } = entry;
    Object.assign(record, { state: 'running', started: now() });
    entry.process = new JobProcess({
      program: this.program,
      folder: this.store.folderOf(record.id),
      limits: this.limits,
      onProgress: (progress) => {
        entry.progress = progress;
        this.#change(entry, 'progress');
      },
    });
    this.#change(entry, 'state');
    for (const waiting of this.#waiting()) this.#change(waiting, 'state');
    // a job that cannot be noted as running, as on a full disk, is one that waited for whoever comes after a crash
    await this.store.save(record).catch((fault: unknown) => this.log.error({ err: fault }, 'job'));
    const error = await entry.process.ended;
    entry.process = undefined;
    if (record.state !== 'running') return;
    const result = await this.store.result(record.id);
    if (result) await this.#end(entry, { state: 'done', result });
    else if (this.closing.aborted && error === STOPPED) await this.#waitAgain(entry);
    else await this.#end(entry, { state: 'failed', error: error ?? 'process: expected a result, got none' });
  }

  async #waitAgain({ record }: Entry): Promise<void> {
    Object.assign(record, { state: 'queued', started: null });
    await this.store.save(record);
  }

  async #end(entry: Entry, end: Partial<JobRecord> & Pick<JobRecord, 'state'>): Promise<void> {
    const { record } = entry;
    Object.assign(record, end, { ended: now() });
    this.#change(entry, 'state');
    this.log.info({ job: record.id, state: record.state, error: record.error }, 'job ended');
    await this.#track(this.#keep(record));
  }

  /** Where the disk is full, tidying up makes room for the record. */
  async #keep(record: JobRecord): Promise<void> {
    const isSaved = await this.store.save(record).then(
      () => true,
      () => false,
    );
    await this.store.tidy(record.id);
    if (!isSaved) await this.store.save(record);
  }

  /** Its process ended with the server that started it, perhaps after its last act. */
  async #recover(record: JobRecord): Promise<void> {
    const result = await this.store.result(record.id);
    const entry = this.#entries.get(record.id)!;
    await this.#end(entry, result ? { state: 'done', result } : { state: 'failed', error: STOPPED });
  }

  /** Ended jobs go when they are too old, or too many. */
  async #sweep(): Promise<void> {
    const oldest = Date.now() - 3_600_000 * this.limits.jobKeepHours;
    const ended = [...this.#entries.values()].filter(({ record }) => hasEnded(record));
    const surplus = ended.length - this.limits.jobsKept;
    const old = ended.filter(({ record }, i) => i < surplus || Date.parse(record.ended!) < oldest);
    for (const { record } of old) {
      this.#entries.delete(record.id);
      await this.store.remove(record.id);
    }
  }
}

function entryOf(record: JobRecord, client: string): Entry {
  return { record, client, progress: null, revision: 0 };
}
