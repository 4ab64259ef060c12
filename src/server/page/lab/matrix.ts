/** Models, versions and runtimes, each with each, timed on this device. */
import type { PageModel } from '../api.js';
import { call } from '../bench/client.js';
import { distributionOf } from '../compare/distribution.js';
import { explain } from '../dom.js';
import { DENSE, runtimesFor, THREADS, type RuntimeId } from '../runtimes.js';
import { firstVersion, sourceOf } from '../state.js';
import type { Result } from './api.js';

const ROUNDS = 40;

export interface Cell {
  model: PageModel;
  version: string;
  runtime: RuntimeId;
}

/** What this device can run of `models`; `all` versions, or the first of each. The server's own speed is not the device's. */
export function cellsOf(models: readonly PageModel[], all: boolean): Cell[] {
  return models.flatMap((model) => {
    const ids = all ? model.versions.map(({ id }) => id) : [firstVersion(model)];
    return [...(model.dense ? [DENSE] : []), ...ids].flatMap((version) =>
      runtimesFor(version)
        .filter(({ id, lacks }) => id !== 'server' && !lacks(model))
        .map(({ id }) => ({ model, version, runtime: id })),
    );
  });
}

export interface MatrixListener {
  /** A share of all work is done. */
  onProgress(fraction: number, model: PageModel): void;
  onResult(cell: Cell, result: Result | { error: string }): void;
}

interface Timed {
  samples: number[];
  runs: number;
}

const threadsOf = (runtime: RuntimeId): number => (runtime === 'lopper-threads' ? THREADS : 1);
const keyOf = ({ model, version, runtime }: Cell): string => `lab:${model.name}:${version}:${runtime}`;
const emptyInput = ({ inputShape }: PageModel): Float32Array =>
  new Float32Array(inputShape.reduce((product, dim) => product * dim, 1)).fill(0.5);

async function resultOf(cell: Cell, { samples, runs }: Timed): Promise<Result> {
  const { median, high } = distributionOf(samples, runs);
  const { model, version, runtime } = cell;
  const fetched = await call('transfer', { runtime, url: sourceOf(model, version, runtime).url });
  return {
    model: model.name,
    version,
    runtime,
    threads: threadsOf(runtime),
    median_ms: median,
    p95_ms: high,
    min_ms: Math.min(...samples),
    runs,
    bytes: fetched.model + fetched.runtime,
  };
}

/** Opens what can be opened; tells of what cannot. */
async function openCells(
  cells: readonly Cell[],
  { onResult }: MatrixListener,
  signal: AbortSignal,
): Promise<Cell[]> {
  const open: Cell[] = [];
  for (const cell of cells) {
    if (signal.aborted) break;
    const { model, version, runtime } = cell;
    try {
      await call('open', {
        ...sourceOf(model, version, runtime),
        key: keyOf(cell),
        runtime,
        threads: threadsOf(runtime),
      });
      open.push(cell);
    } catch (error) {
      onResult(cell, { error: explain(error) });
    }
  }
  return open;
}

const stop = (): void => void call('stop', null);

/** All of one model take turns. False where it was cancelled. */
async function runModel(
  cells: readonly Cell[],
  done: (share: number) => void,
  listener: MatrixListener,
  signal: AbortSignal,
): Promise<boolean> {
  const open = await openCells(cells, listener, signal);
  const timed = new Map(open.map((cell) => [keyOf(cell), { samples: [], runs: 0 } as Timed]));
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) return false;
    const input = emptyInput(cells[0].model);
    const ended = await call('time', { keys: [...timed.keys()], input, rounds: ROUNDS }, (fresh) => {
      for (const [key, { samples, count }] of Object.entries(fresh)) {
        const of = timed.get(key)!;
        of.samples.push(...samples);
        of.runs += count;
      }
      done(Math.min(...[...timed.values()].map(({ samples }) => samples.length)) / ROUNDS);
    });
    if (!ended) return false;
    for (const cell of open) listener.onResult(cell, await resultOf(cell, timed.get(keyOf(cell))!));
    return true;
  } finally {
    signal.removeEventListener('abort', stop);
    for (const cell of open) void call('close', { key: keyOf(cell) });
  }
}

/** Runs all cells, model after model. Resolves with false where `signal` ended it; what is measured by then was told. */
export async function runMatrix(
  cells: readonly Cell[],
  listener: MatrixListener,
  signal: AbortSignal,
): Promise<boolean> {
  const models = [...new Set(cells.map(({ model }) => model))];
  for (const [i, model] of models.entries()) {
    const own = cells.filter((cell) => cell.model === model);
    const progress = (share: number): void => listener.onProgress((i + share) / models.length, model);
    progress(0);
    if (!(await runModel(own, progress, listener, signal))) return false;
    progress(1);
  }
  return true;
}
