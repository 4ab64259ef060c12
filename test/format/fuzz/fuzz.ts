import { LopError, readLop } from '../../../src/format/index.js';
import { checkGraph } from '../../../src/ops/check.js';
import { decodeWeight } from '../../../src/format/decode.js';
import { readStored } from '../../../src/format/read.js';
import { random } from '../../helpers/random.js';
import { mutate } from './mutate.js';
import { seedFiles } from './seeds.js';
import { typescript, type Outcome, type Target } from './targets.js';

/** What a run found. `failures` are promises broken, each with the file in hex. */
export interface FuzzReport {
  seed: number;
  count: number;
  target: string;
  outcomes: Record<string, number>;
  slowest_ms: number;
  slowest_bytes: number;
  peak_bytes: number;
  seconds: number;
  failures: { case: number; what: string; hex: string }[];
}

/** No file of a seed's size may take longer. */
const SLOWEST_MS = 1000;
const MOST_FAILURES = 10;

/** Reads `count` mutated files, the same for the same seed. Compares what `target` accepts with the TypeScript reader. */
export function fuzz(
  target: Target,
  count: number,
  seed: number,
  onProgress?: (done: number) => void,
): FuzzReport {
  const seeds = seedsFor(target);
  const r = random(seed);
  const report: FuzzReport = {
    seed,
    count,
    target: target.name,
    outcomes: {},
    slowest_ms: 0,
    slowest_bytes: 0,
    peak_bytes: 0,
    seconds: 0,
    failures: [],
  };
  const start = performance.now();
  for (let index = 0; index < count && report.failures.length < MOST_FAILURES; index++) {
    const file = mutate(r, seeds);
    const what = readOne(target, file, report);
    if (what) report.failures.push({ case: index, what, hex: Buffer.from(file).toString('hex') });
    onProgress?.(index + 1);
  }
  report.seconds = (performance.now() - start) / 1000;
  return report;
}

/** The seeds that the target's build has the operators for. */
function seedsFor(target: Target): Uint8Array[] {
  return seedFiles().filter((file, index) => {
    const { accepted, code } = target.read(file);
    if (!accepted && code !== 'build') throw new Error(`fuzz: seed ${index} is refused: ${code}`);
    return accepted;
  });
}

/** Reads one file; what is wrong with how it went, or nothing. */
function readOne(target: Target, file: Uint8Array, report: FuzzReport): string | undefined {
  const before = performance.now();
  let outcome: Outcome;
  try {
    outcome = target.read(file);
  } catch (error) {
    return `${target.name} threw ${String(error)}`;
  }
  const ms = performance.now() - before;
  report.outcomes[outcome.code] = (report.outcomes[outcome.code] ?? 0) + 1;
  report.peak_bytes = Math.max(report.peak_bytes, outcome.memory);
  if (ms > report.slowest_ms) Object.assign(report, { slowest_ms: ms, slowest_bytes: file.length });
  if (outcome.memory > outcome.memoryLimit) {
    return `memory: expected at most ${outcome.memoryLimit} bytes, got ${outcome.memory}`;
  }
  if (ms > SLOWEST_MS && target.read(file) && performance.now() - before - ms > SLOWEST_MS) {
    return `time: expected at most ${SLOWEST_MS} ms, got ${ms.toFixed(0)}`;
  }
  return target === typescript ? undefined : disagreement(outcome, file);
}

/**
 * What the runtime may refuse for reasons of its own: its memory, its build's operators, an inverse scale beyond f32, and a whole number
 * stored as f32 where an i32 belongs, which are one here.
 */
const RUNTIME_ONLY = 'overflow limit memory grow build not_finite attribute';
/** What only the TypeScript reader looks at. */
const TYPESCRIPT_ONLY = 'utf8 metadata';

function disagreement(runtime: Outcome, file: Uint8Array): string | undefined {
  const here = typescript.read(file);
  if (!here.accepted && !runtime.accepted) return undefined;
  if (here.accepted && runtime.accepted) {
    return operatorsAreRight(file) ? undefined : 'only checkGraph refuses';
  }
  if (here.accepted) {
    if (RUNTIME_ONLY.split(' ').includes(runtime.code) || !operatorsAreRight(file)) return undefined;
    return `only wasm refuses: ${runtime.code}`;
  }
  if (TYPESCRIPT_ONLY.split(' ').includes(here.code) || usedWeightsAreRight(file)) return undefined;
  return `only TypeScript refuses: ${here.code}`;
}

/** The runtime looks at operators as it loads; here `checkGraph` does. */
function operatorsAreRight(file: Uint8Array): boolean {
  try {
    checkGraph(readLop(file));
    return true;
  } catch {
    return false;
  }
}

/** The runtime decodes only weights that a node uses. */
function usedWeightsAreRight(file: Uint8Array): boolean {
  try {
    const stored = readStored(file);
    const used = new Set(stored.nodes.flatMap((node) => Object.values(node.weights)));
    for (const [name, weight] of stored.weights) if (used.has(name)) decodeWeight(weight, name);
    return true;
  } catch (error) {
    if (error instanceof LopError) return false;
    throw error;
  }
}
