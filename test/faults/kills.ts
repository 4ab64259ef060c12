/** Kills commands at seeded moments and resumes them until they are through: their file must be the uninterrupted run's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { random, type Random } from '../helpers/random.js';
import {
  strikeAt,
  checkpointFolder,
  DAMAGED,
  journalOf,
  pickMoment,
  traceOf,
  type Moment,
} from './moments.js';
import type { Subject } from './subjects.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** Of one case, before it is let through. */
const MOST_KILLS = 4;

export interface KillOptions {
  /** In all. */
  kills: number;
  seed: number;
  folder: string;
  onCase?(line: string): void;
}

/** What a campaign came to. */
export interface KillSummary {
  kills: number;
  /** By what the killed process was at. */
  by_stage: Record<string, number>;
  cases: number;
  by_subject: Record<string, number>;
  resumes: { from_checkpoint: number; anew: number };
  /** Cases whose file was the uninterrupted run's, to the byte. */
  identical: number;
  /** One line for each thing that should not be. */
  faults: string[];
  seconds: number;
}

interface Ended {
  pid: number;
  code: number | null;
  killed: boolean;
  stderr: string;
}

/** Runs a command to its end, or to the moment at which it is killed. */
async function execute(subject: Subject, out: string, resume: boolean, moment?: Moment): Promise<Ended> {
  const args = [subject.command, ...subject.args, '-o', out, ...(resume ? ['--resume'] : [])];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const callOff = moment && strikeAt(moment, out, () => child.kill('SIGKILL'));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  callOff?.();
  return { pid: child.pid!, code, killed: signal === 'SIGKILL', stderr };
}

/** An uninterrupted run: what all others must come to, and how long it takes. */
interface Golden {
  subject: Subject;
  bytes: Buffer;
  milliseconds: number;
}

async function goldenOf(subject: Subject, folder: string): Promise<Golden> {
  const out = join(folder, `golden ${subject.name}.lop`);
  const begin = Date.now();
  const { code, stderr } = await execute(subject, out, false);
  if (code !== 0) throw new Error(`${subject.name}: expected exit code 0, got ${code}: ${stderr}`);
  return { subject, bytes: readFileSync(out), milliseconds: Date.now() - begin };
}

/** One command, killed a few times and let through. */
class Case {
  readonly #out: string;
  readonly #old = Buffer.from('what was there before');
  readonly #hasOld: boolean;

  constructor(
    readonly golden: Golden,
    readonly folder: string,
    readonly source: Random,
    readonly summary: KillSummary,
  ) {
    mkdirSync(folder);
    this.#out = join(folder, 'small.lop');
    this.#hasOld = source.next() < 0.5;
    if (this.#hasOld) writeFileSync(this.#out, this.#old);
  }

  /** @param most kills. @returns how many there were */
  async run(most: number): Promise<number> {
    const { subject, milliseconds } = this.golden;
    let kills = 0;
    for (let resume = false; ; resume = true) {
      if (resume) this.#countResume();
      const moment = kills < most ? pickMoment(this.source, milliseconds) : undefined;
      const ended = await execute(subject, this.#out, resume, moment);
      if (!ended.killed) {
        this.#checkEnd(ended);
        return kills;
      }
      kills++;
      this.#checkKilled(ended);
    }
  }

  #countResume(): void {
    const kept = [join(checkpointFolder(this.#out), 'training.ckpt'), journalOf(this.#out)];
    this.summary.resumes[kept.some(existsSync) ? 'from_checkpoint' : 'anew']++;
  }

  #checkKilled({ pid }: Ended): void {
    const there = existsSync(this.#out) ? readFileSync(this.#out) : undefined;
    const isWritten = there?.equals(this.golden.bytes) === true;
    const isBefore = this.#hasOld ? there?.equals(this.#old) === true : there === undefined;
    if (!isWritten && !isBefore) this.#fault(`a file of ${there?.length} bytes that is neither old nor new`);
    const stage = traceOf(this.#out, pid, isWritten);
    if (stage === DAMAGED) this.#fault('a checkpoint that is not whole');
    this.summary.by_stage[stage] = (this.summary.by_stage[stage] ?? 0) + 1;
  }

  #checkEnd({ code, stderr }: Ended): void {
    if (code !== 0) return this.#fault(`exit code ${code}: ${stderr}`);
    if (!readFileSync(this.#out).equals(this.golden.bytes)) return this.#fault('another file');
    this.summary.identical++;
    const left = readdirSync(this.folder).filter(
      (name) => !/^small\.(lop|recipe\.json|trials\.json)$/.test(name),
    );
    if (left.length > 0) this.#fault(`left behind: ${left.join(', ')}`);
  }

  #fault(what: string): void {
    this.summary.faults.push(`${this.folder}, ${this.golden.subject.name}: ${what}`);
  }
}

/** Kills until there were `kills`, subject after subject, each case at most a few times. */
export async function killCampaign(subjects: readonly Subject[], options: KillOptions): Promise<KillSummary> {
  const { kills, seed, folder, onCase } = options;
  const begin = Date.now();
  const source = random(seed);
  const summary: KillSummary = {
    kills: 0,
    by_stage: {},
    cases: 0,
    by_subject: {},
    resumes: { from_checkpoint: 0, anew: 0 },
    identical: 0,
    faults: [],
    seconds: 0,
  };
  mkdirSync(folder, { recursive: true });
  const golden = new Map<Subject, Golden>();
  while (summary.kills < kills && summary.faults.length === 0) {
    const subject = subjects[summary.cases % subjects.length];
    if (!golden.has(subject)) golden.set(subject, await goldenOf(subject, folder));
    const most = Math.min(kills - summary.kills, source.int(1, MOST_KILLS));
    const one = new Case(golden.get(subject)!, join(folder, `case ${summary.cases}`), source, summary);
    const killed = await one.run(most);
    summary.cases++;
    summary.kills += killed;
    summary.by_subject[subject.name] = (summary.by_subject[subject.name] ?? 0) + killed;
    onCase?.(`${summary.kills} of ${kills} kills: ${subject.name}, killed ${killed} times`);
  }
  summary.seconds = Math.round((Date.now() - begin) / 100) / 10;
  return summary;
}
