import { execFile, fork, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { promisify } from 'node:util';
import type { JobProgress } from '../api/schemas.js';
import type { Limits } from '../settings.js';
import { jobMessageSchema } from './record.js';

export interface ProcessOptions {
  /** A script that takes a job's folder and follows its `order.json`. */
  program: string;
  folder: string;
  limits: Pick<Limits, 'jobMemoryMb' | 'jobSeconds'>;
  onProgress(progress: JobProgress): void;
}

/** How often a process' memory is looked at, in ms. */
const WATCH_MS = 250;
/** Of what a process writes on stderr, the last is kept for the error of one that died. */
const STDERR_KEPT = 4000;
/** A third of the server's share where both want the processor; the lowest would starve beside any other work. */
const NICENESS = 5;
/** Variables that a job's process gets to see. */
const ENVIRONMENT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SystemRoot', 'TF_CPP_MIN_LOG_LEVEL'];

const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(ENVIRONMENT.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));

/** Resident memory of a process in bytes; undefined where it is gone. */
async function residentBytes(pid: number): Promise<number | undefined> {
  try {
    if (process.platform === 'linux')
      return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
    return 1024 * Number(stdout);
  } catch {
    return undefined;
  }
}

/** A job's process. It parses the upload, so whatever that does to it stays there. */
export class JobProcess {
  readonly #child: ChildProcess;
  readonly #limits: ProcessOptions['limits'];
  #stderr = '';
  /** Why it was killed, or what it said is wrong. */
  #error: string | undefined;

  /** Resolves when it has gone: undefined where it ended well, else what was wrong. */
  readonly ended: Promise<string | undefined>;

  constructor({ program, folder, limits, onProgress }: ProcessOptions) {
    this.#limits = limits;
    this.#child = fork(program, [folder], {
      cwd: folder,
      env: environment(),
      execArgv: [`--max-old-space-size=${Math.max(64, Math.floor(limits.jobMemoryMb / 2))}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.on('message', (message) => this.#hear(message, onProgress));
    this.#child.stderr!.on('data', (text: Buffer) => {
      this.#stderr = (this.#stderr + text.toString()).slice(-STDERR_KEPT);
    });
    this.ended = this.#watch();
    this.#yield();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Ends it at once. @param reason what its job's error then says */
  kill(reason: string): void {
    this.#error ??= reason;
    this.#child.kill('SIGKILL');
  }

  /** The server's answers come first. */
  #yield(): void {
    try {
      if (this.pid) setPriority(this.pid, NICENESS);
    } catch {
      // it has ended already, or the system does not allow it
    }
  }

  #hear(message: unknown, onProgress: ProcessOptions['onProgress']): void {
    const { success, data } = jobMessageSchema.safeParse(message);
    if (!success) return;
    if (data.type === 'failed') this.#error ??= data.error;
    else onProgress({ phase: data.phase, done: data.done, total: data.total, message: data.message });
  }

  #watch(): Promise<string | undefined> {
    const { jobMemoryMb, jobSeconds } = this.#limits;
    const late = setTimeout(
      () =>
        this.kill(`time: expected at most ${jobSeconds} s, got more; take fewer epochs or a smaller model`),
      1000 * jobSeconds,
    );
    const memory = setInterval(async () => {
      const bytes = this.pid === undefined ? undefined : await residentBytes(this.pid);
      if (bytes !== undefined && bytes > jobMemoryMb * 2 ** 20) this.kill(this.#outOfMemory());
    }, WATCH_MS);
    return new Promise((resolve) => {
      const end = (error: string | undefined): void => {
        clearTimeout(late);
        clearInterval(memory);
        resolve(error);
      };
      this.#child.once('error', (error) => end(`process: expected it to start, got: ${error.message}`));
      this.#child.once('close', (code, signal) => end(this.#fault(code, signal)));
    });
  }

  #fault(code: number | null, signal: NodeJS.Signals | null): string | undefined {
    if (this.#error !== undefined) return this.#error;
    if (code === 0) return undefined;
    if (/heap out of memory|Array buffer allocation failed/.test(this.#stderr)) return this.#outOfMemory();
    return `process: expected it to end by itself, got ${signal ?? `exit code ${code}`}; try again, or a smaller model`;
  }

  #outOfMemory(): string {
    return `memory: expected at most ${this.#limits.jobMemoryMb} MB, got more; take a smaller model or fewer samples`;
  }
}
