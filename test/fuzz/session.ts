import type { Coverage } from './coverage.js';
import { nameOf } from './corpus.js';
import type { Outcome, Target } from './target.js';

/** A promise broken. */
export interface Failure {
  execution: number;
  what: string;
  /** The file's name under build/fuzz/failures, and its bytes, where they are not many. */
  file: string;
  hex?: string;
}

/** No file of a seed's size may take longer. */
const SLOWEST_MS = 1000;
const MOST_FAILURES = 20;
const MOST_HEX = 2048;

/** Executions of a target, and what is found on the way. */
export class Session {
  executions = 0;
  readonly outcomes: Record<string, number> = {};
  readonly failures: Failure[] = [];
  slowest = { ms: 0, bytes: 0 };
  /** The execution that came nearest to its limit. */
  peak = { bytes: 0, limit: Infinity };
  readonly #found = new Set<string>();

  /**
   * @param before called with each file before it is read, for whoever watches this process
   * @param keep called with the file of each failure
   */
  constructor(
    readonly target: Target,
    readonly coverage: Coverage | undefined,
    private readonly before: (file: Uint8Array) => void = () => {},
    private readonly keep: (name: string, file: Uint8Array) => void = () => {},
  ) {}

  get isOver(): boolean {
    return this.failures.length >= MOST_FAILURES;
  }

  /** Reads one file; true where it reached something new. */
  async execute(file: Uint8Array): Promise<boolean> {
    this.executions++;
    this.before(file);
    this.coverage?.clear();
    const what = await this.#read(file);
    const isNew = this.coverage?.look() ?? false;
    if (what) this.#fail(what, file);
    return isNew && !what;
  }

  async #read(file: Uint8Array): Promise<string | undefined> {
    const start = performance.now();
    let outcome: Outcome;
    try {
      outcome = await this.target.read(file);
    } catch (error) {
      return describe(error);
    }
    const ms = performance.now() - start;
    this.outcomes[outcome.code] = (this.outcomes[outcome.code] ?? 0) + 1;
    if (ms > this.slowest.ms) this.slowest = { ms, bytes: file.length };
    const { memory, memoryLimit } = outcome;
    if (memory / memoryLimit > this.peak.bytes / this.peak.limit)
      this.peak = { bytes: memory, limit: memoryLimit };
    if (memory > memoryLimit) return `memory: expected at most ${memoryLimit} bytes, got ${memory}`;
    return ms > SLOWEST_MS && (await this.#isSlow(file))
      ? `time: expected at most ${SLOWEST_MS} ms, got more`
      : undefined;
  }

  /** Once more: another process may have had the core. */
  async #isSlow(file: Uint8Array): Promise<boolean> {
    const start = process.cpuUsage();
    await this.target.read(file);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000 > SLOWEST_MS;
  }

  /** Each fault once: where it was thrown first, or else what it says without numbers and names. */
  #fail(what: string, file: Uint8Array): void {
    const cause = what.split('caused by').at(-1)!;
    const places = cause.split('\n').filter((line) => /^\s+at /.test(line));
    const fault = places.slice(0, 2).join() || what.replaceAll(/'[^']*'|\d+/g, '');
    if (this.#found.has(fault)) return;
    this.#found.add(fault);
    const name = `${this.target.name}-${nameOf(file)}`;
    this.keep(name, file);
    const hex = file.length <= MOST_HEX ? { hex: Buffer.from(file).toString('hex') } : {};
    this.failures.push({ execution: this.executions, what, file: name, ...hex });
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const stack = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  const cause = error.cause instanceof Error ? [`caused by ${describe(error.cause)}`] : [];
  return [`threw ${error.name}: ${error.message}`, ...stack.slice(0, 4), ...cause].join('\n');
}
