/** Runs cases through all executors; what differs is made small, told and written down. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeLop } from '../../src/format/index.js';
import type { Case } from './case.js';
import { check, prepare, type Failure } from './check.js';
import { describeCase, describeFailure } from './describe.js';
import type { Executor } from './executors.js';
import { generate } from './generate.js';
import type { Schedule } from './schedule.js';
import { shrink, type Shrunk } from './shrink/shrink.js';
import { Tally } from './tally.js';

export interface Options {
  seed: number;
  /** Cases `first .. first + count - 1`. */
  first: number;
  count: number;
  executors: Schedule;
  /** Where failing cases are written; nowhere where it is left out. */
  folder?: string;
  onProgress?(done: number): void;
}

export interface Found {
  case: number;
  /** All that fail at this tensor of the case. */
  executors: string[];
  /** Of the first of them, made small. */
  what: string;
  folder?: string;
}

export interface Report {
  seed: number;
  graphs: number;
  nodes: number;
  comparisons: Tally['comparisons'];
  /** Nodes by operator. */
  operators: Tally['operators'];
  /** The largest error of an f32 operator as a share of its bound, by those that keep to FORMAT.md, and by the training forward. */
  worst: Record<string, string>;
  worst_of_training: Record<string, string>;
  failures: Found[];
  seconds: number;
}

/** A run ends here: what is wrong is wrong often. */
const MOST_FAILURES = 10;

export async function run(options: Options): Promise<Report> {
  const { seed, first, count, executors, onProgress } = options;
  const start = performance.now();
  const tally = new Tally();
  const failures: Found[] = [];
  let graphs = 0;
  for (; graphs < count && failures.length < MOST_FAILURES; graphs++) {
    const index = first + graphs;
    const c = generate(seed, index);
    tally.graph(c.graph.nodes.map(({ op }) => op));
    failures.push(...(await failuresOf(options, index, c, executors(index, c), tally)));
    onProgress?.(graphs + 1);
  }
  const { nodes, comparisons, operators } = tally;
  const seconds = (performance.now() - start) / 1000;
  const worst = worstOf(tally.worst);
  const worst_of_training = worstOf(tally.worstOfTraining);
  return { seed, graphs, nodes, comparisons, operators, worst, worst_of_training, failures, seconds };
}

async function failuresOf(
  options: Options,
  index: number,
  c: Case,
  executors: readonly Executor[],
  tally: Tally,
): Promise<Found[]> {
  const prepared = prepare(c);
  const found = new Map<string, Found>();
  for (const executor of executors) {
    const failure = await check(prepared, executor, tally);
    if (!failure) continue;
    const key = `${failure.kind} ${failure.tensor}`;
    const known = found.get(key);
    if (known) known.executors.push(executor.name);
    else found.set(key, await tell(options, index, c, failure, executor));
  }
  return [...found.values()];
}

async function tell(
  { seed, folder }: Options,
  index: number,
  c: Case,
  failure: Failure,
  executor: Executor,
): Promise<Found> {
  const shrunk = await shrink(c, failure, (smaller) => check(prepare(smaller), executor));
  const what = [
    `seed ${seed}, case ${index}: ${describeFailure(failure)}`,
    `made small in ${shrunk.tries} runs: ${describeFailure(shrunk.failure)}`,
    describeCase(shrunk.case),
    `again: npm run differential -- --seed ${seed} --case ${index}`,
  ].join('\n');
  const found: Found = { case: index, executors: [executor.name], what };
  if (!folder) return found;
  const path = join(folder, `seed-${seed}-case-${index}-${executor.name}`);
  write(path, c, shrunk, what);
  return { ...found, folder: path };
}

/** The case as it was and made small, each as a file with the inputs of its samples. */
function write(path: string, c: Case, shrunk: Shrunk, what: string): void {
  mkdirSync(path, { recursive: true });
  for (const [name, some] of [
    ['first', c],
    ['small', shrunk.case],
  ] as const) {
    writeFileSync(join(path, `${name}.lop`), writeLop(some.graph, { entropy: some.entropy }));
    const inputs = some.samples.map((sample) => sample.map((values) => Array.from(values, plain)));
    writeFileSync(join(path, `${name}.json`), JSON.stringify({ inputs: some.graph.inputs, samples: inputs }));
  }
  writeFileSync(join(path, 'what.txt'), `${what}\n`);
}

/** JSON has no NaN, infinities and -0. */
function plain(value: number): number | string {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? '-0' : `${value}`;
}

function worstOf(worst: Tally['worst']): Record<string, string> {
  const entries = Object.entries(worst).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([op, { share, executor }]) => [op, `${share.toFixed(3)} ${executor}`]),
  );
}
