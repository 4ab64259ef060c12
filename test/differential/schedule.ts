import { OPERATORS } from './builds.js';
import type { Case } from './case.js';
import { portable, threads, wasm, type Executor } from './executors.js';
import { BUILDS } from '../assembly/harness.js';
import { tfjs } from './train-executor.js';

/** Which executors take which case. */
export type Schedule = (index: number, c: Case) => readonly Executor[];

/** Their builds lack these of the full build. */
const NOT_THREADED = ['gather', 'interpolate'];
const THREADED = OPERATORS.full.filter((op) => !NOT_THREADED.includes(op));
/** Workers take longer to start than a case to run, so few cases get them: one in so many of those that they can run. */
const SHARE = 4;

/** All of them for each case, but of those with threads one, and for a share of the cases that their builds run. */
export async function allExecutors(): Promise<Schedule> {
  const each = [...BUILDS.map(wasm), await portable(), tfjs];
  const threaded = [threads('simd128'), threads('relaxed-simd')];
  return (index, { graph }) => {
    if (index % SHARE > 0 || !graph.nodes.every(({ op }) => THREADED.includes(op))) return each;
    return [...each, threaded[(index / SHARE) % threaded.length]];
  };
}
