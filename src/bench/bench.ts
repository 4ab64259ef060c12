import { arch, cpus, platform } from 'node:os';
import { readLop } from '../format/index.js';
import { describeModel, type Described } from './describe.js';
import { measureLatency, type Latency } from './latency.js';
import { openLopper } from './lopper.js';
import { PEERS, type PeerName } from './peers/index.js';
import { PeerAbsentError, type DenseModel, type LoadedModel } from './peers/peer.js';

/** One file to time, with what the peers run instead. */
export interface BenchModel {
  name: string;
  /** The `.lop`. */
  bytes: Uint8Array;
  /** Without it no peer can run. */
  dense?: DenseModel;
  /** Row-major, channels last; seeded noise in [0, 1) where absent. */
  input?: Float32Array;
}

export interface BenchOptions {
  against?: readonly PeerName[];
  /** Samples a runtime. */
  runs?: number;
  signal?: AbortSignal;
  onProgress?: (model: string, done: number, total: number) => void;
  /** Told of peers that are absent. */
  onWarning?: (line: string) => void;
}

/** One runtime's figures on one model. The keys are what `lopper bench --json` prints. */
export interface BenchRow {
  model: string;
  runtime: string;
  dtype: string;
  sparsity: number;
  block: string;
  threads: number;
  median_ms: number;
  min_ms: number;
  p95_ms: number;
  runs: number;
  peak_bytes: number;
  load_ms: number;
  first_ms: number;
}

/** The other's median over Lopper's. */
export interface BenchRatio {
  model: string;
  dtype: string;
  sparsity: number;
  block: string;
  against: string;
  ratio: number;
}

export interface BenchReport {
  machine: string;
  engine: string;
  results: BenchRow[];
  ratios: BenchRatio[];
}

/** The same noise on every machine: a linear congruential generator (Numerical Recipes' constants). */
function noise(length: number): Float32Array {
  let state = 1;
  return Float32Array.from(
    { length },
    () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32,
  );
}

function inputOf({ name, input }: BenchModel, shape: readonly number[]): Float32Array {
  const length = shape.reduce((product, dim) => product * dim, 1);
  if (input && input.length !== length)
    throw new RangeError(
      `${name}: expected an input of ${length} values (${shape.join('x')}), got ${input.length}`,
    );
  return input ?? noise(length);
}

async function openPeers(
  model: BenchModel,
  input: Float32Array,
  options: BenchOptions,
): Promise<LoadedModel[]> {
  const { against = [], onWarning } = options;
  if (!model.dense) {
    if (against.length)
      onWarning?.(`${model.name}: no dense original beside it, so nothing to compare; pass it with --dense`);
    return [];
  }
  const opened: LoadedModel[] = [];
  for (const name of against) {
    try {
      opened.push(await PEERS[name](model.dense, input));
    } catch (error) {
      if (!(error instanceof PeerAbsentError)) throw error;
      onWarning?.(error.message);
    }
  }
  return opened;
}

function row(model: string, loaded: LoadedModel, latency: Latency, described: Described): BenchRow {
  return {
    model,
    runtime: loaded.name,
    ...described,
    threads: 1,
    median_ms: latency.medianMs,
    min_ms: latency.minMs,
    p95_ms: latency.p95Ms,
    runs: latency.runs,
    peak_bytes: loaded.memoryBytes(),
    load_ms: loaded.loadMs,
    first_ms: loaded.firstMs,
  };
}

function ratiosOf([own, ...others]: BenchRow[]): BenchRatio[] {
  const { model, dtype, sparsity, block } = own;
  const ratio = (against: string, median: number): BenchRatio => ({
    model,
    dtype,
    sparsity,
    block,
    against,
    ratio: median / own.median_ms,
  });
  if (others.length === 0) return [];
  const fastest = Math.min(...others.map((other) => other.median_ms));
  return [...others.map((other) => ratio(other.runtime, other.median_ms)), ratio('fastest-web', fastest)];
}

async function benchModel(
  model: BenchModel,
  options: BenchOptions,
): Promise<{ rows: BenchRow[]; engines: string[] }> {
  const graph = readLop(model.bytes);
  const input = inputOf(model, graph.tensors.get(graph.inputs[0])!.shape);
  const own = await openLopper(model.bytes, input);
  const all = [own, ...(await openPeers(model, input, options))];
  try {
    const latencies = await measureLatency(all, {
      runs: options.runs,
      signal: options.signal,
      onRound: (done, total) => options.onProgress?.(model.name, done, total),
    });
    const denseRow: Described = { dtype: 'f32', sparsity: 0, block: '1x1' };
    const rows = all.map((loaded, i) =>
      row(model.name, loaded, latencies[i], i === 0 ? describeModel(graph) : denseRow),
    );
    return { rows, engines: all.map(({ engine }) => engine) };
  } finally {
    for (const loaded of all) loaded.dispose();
  }
}

/** Times each model on Lopper and, interleaved with it, its dense original on the peers. */
export async function bench(models: readonly BenchModel[], options: BenchOptions = {}): Promise<BenchReport> {
  const { node, v8 } = process.versions;
  const engines = new Set([`Node ${node}`, `V8 ${v8}`]);
  const results: BenchRow[] = [];
  const ratios: BenchRatio[] = [];
  for (const model of models) {
    const { rows, engines: used } = await benchModel(model, options);
    results.push(...rows);
    ratios.push(...ratiosOf(rows));
    for (const engine of used) engines.add(engine);
  }
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, ${platform()} ${arch()}`;
  return { machine, engine: [...engines].join(', '), results, ratios };
}
