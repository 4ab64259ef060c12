import { arch, cpus, platform } from 'node:os';
import { load } from '../runtime/node.js';
import {
  contest,
  type BenchModel,
  type BenchProfile,
  type BenchRatio,
  type BenchRow,
  type Contest,
  type ContestOptions,
} from './contest.js';
import { NODE_PEERS } from './peers/node.js';

export interface BenchReport {
  machine: string;
  engine: string;
  results: BenchRow[];
  ratios: BenchRatio[];
  /** Where asked for. */
  profiles?: BenchProfile[];
}

/** A network, or what makes it when its turn comes: a large one takes seconds and hundreds of megabytes. */
export type BenchSource = BenchModel | (() => Promise<BenchModel>);

/** Runs one network's contest, here or elsewhere. */
export type RunContest = (model: BenchModel, options: ContestOptions) => Promise<Contest>;

const inNode: RunContest = (model, options) => contest(model, { load, peers: NODE_PEERS }, options);

/**
 * Times each network's files on Lopper and, interleaved with them, its dense original on the peers.
 * @param run of one network's contest; default: in this process
 */
export async function bench(
  sources: readonly BenchSource[],
  options: ContestOptions = {},
  run: RunContest = inNode,
): Promise<BenchReport> {
  const engines = new Set<string>();
  if (run === inNode) {
    const { node, v8 } = process.versions;
    engines.add(`Node ${node}`).add(`V8 ${v8}`);
  }
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, ${platform()} ${arch()}`;
  const report: BenchReport = { machine, engine: '', results: [], ratios: [] };
  for (const source of sources) {
    const model = typeof source === 'function' ? await source() : source;
    const { rows, ratios, profiles, engines: used } = await run(model, options);
    report.results.push(...rows);
    report.ratios.push(...ratios);
    if (options.profile) (report.profiles ??= []).push(...profiles);
    for (const engine of used) engines.add(engine);
  }
  return { ...report, engine: [...engines].join(', ') };
}
