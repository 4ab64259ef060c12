/** One network's files on Lopper and its dense original on the peers, interleaved. Knows nothing of its host: Node or a browser. */
import { readLop, type LopModel } from '../format/index.js';
import type { LoadOptions, Model } from '../runtime/index.js';
import { checkAgreement } from './agreement.js';
import { describeModel, type Described } from './describe.js';
import { measureLatency, type Latency } from './latency.js';
import { openLopper, type LoadedLopper } from './lopper.js';
import { isWebPeer, type PeerName } from './peers/names.js';
import { PeerAbsentError, type DenseModel, type LoadedModel, type Peers } from './peers/peer.js';
import { profileNodes, type ProfileRow } from './profile.js';

/** One `.lop` to time. */
export interface BenchFile {
  bytes: Uint8Array;
  /** Told from the file's kernels where absent. */
  described?: Described;
}

/** One network to time: its files, all interleaved, with what the peers run instead. */
export interface BenchModel {
  name: string;
  /** At least one: variants of one network, of one input shape. */
  files: readonly BenchFile[];
  /** Without it no peer can run. */
  dense?: DenseModel;
  /** One sample, row-major, channels last; seeded noise in [0, 1) where absent. */
  input?: Float32Array;
  /** The dense files are the peers' network itself, so that all results are to agree. */
  sameWeights?: boolean;
}

export interface ContestOptions {
  against?: readonly PeerName[];
  /** Samples a runtime. */
  runs?: number;
  /** Longest time for the samples of one network, in ms: see `measureLatency`. */
  budgetMs?: number;
  /** Also time every node of each file. */
  profile?: boolean;
  /** Of Lopper's runtime. Default `auto`. */
  build?: LoadOptions['build'];
  /** Each file is timed with each of these. The peers run on one. Default [1]. */
  threads?: readonly number[];
  /** Samples a run. Default 1. */
  batch?: number;
  signal?: AbortSignal;
  onProgress?: (model: string, done: number, total: number) => void;
  /** Told of peers that are absent. */
  onWarning?: (line: string) => void;
}

/** What runs here. */
export interface ContestHost {
  load(bytes: Uint8Array, options: LoadOptions): Promise<Model>;
  peers: Peers;
}

/** One runtime's figures on one model. The keys are what `lopper bench --json` prints. Times are of a run, `batch` samples. */
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
  batch: number;
  /** Of Lopper's. */
  file_bytes?: number;
}

/** The other's median over Lopper's. */
export interface BenchRatio extends Pick<BenchRow, 'model' | 'dtype' | 'sparsity' | 'block' | 'threads'> {
  /** A runtime, or `fastest-web`. */
  against: string;
  ratio: number;
}

/** The nodes of one file. */
export interface BenchProfile extends Pick<BenchRow, 'model' | 'dtype' | 'sparsity' | 'block' | 'threads'> {
  layers: ProfileRow[];
}

export interface Contest {
  rows: BenchRow[];
  ratios: BenchRatio[];
  profiles: BenchProfile[];
  engines: string[];
}

/** The same noise on every machine: a linear congruential generator (Numerical Recipes' constants). */
function noise(length: number): Float32Array {
  let state = 1;
  return Float32Array.from(
    { length },
    () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32,
  );
}

/** `batch` times the model's input. */
function inputOf({ name, input }: BenchModel, shape: readonly number[], batch: number): Float32Array {
  const length = shape.reduce((product, dim) => product * dim, 1);
  if (input && input.length !== length)
    throw new RangeError(
      `${name}: expected an input of ${length} values (${shape.join('x')}), got ${input.length}`,
    );
  const one = input ?? noise(length);
  return Float32Array.from({ length: batch * length }, (_, i) => one[i % length]);
}

async function openPeers(
  model: BenchModel,
  input: Float32Array,
  host: ContestHost,
  { against = [], batch = 1, onWarning }: ContestOptions,
): Promise<LoadedModel[]> {
  if (!model.dense) {
    if (against.length)
      onWarning?.(`${model.name}: no dense original beside it, so nothing to compare; pass it with --dense`);
    return [];
  }
  const opened: LoadedModel[] = [];
  for (const name of against) {
    const open = host.peers[name];
    try {
      if (!open) throw new PeerAbsentError(`${name}: does not run here`);
      opened.push(await open(model.dense, input, batch));
    } catch (error) {
      if (!(error instanceof PeerAbsentError)) throw error;
      onWarning?.(error.message);
    }
  }
  return opened;
}

/** A file on Lopper, with one number of threads. */
interface Entry {
  file: BenchFile;
  graph: LopModel;
  described: Described;
  loaded: LoadedLopper;
}

async function openFiles(
  model: BenchModel,
  graphs: readonly LopModel[],
  input: Float32Array,
  host: ContestHost,
  { build, threads = [1], batch = 1 }: ContestOptions,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const [i, file] of model.files.entries()) {
    const graph = graphs[i];
    const described = file.described ?? describeModel(graph);
    for (const count of threads) {
      const dtype = described.dtype === 'f32' ? 'f32' : 'int8';
      const loaded = await openLopper(host.load, file.bytes, input, dtype, { build, threads: count, batch });
      entries.push({ file, graph, described, loaded });
    }
  }
  return entries;
}

function row(
  model: string,
  batch: number,
  loaded: LoadedModel & { threads?: number },
  latency: Latency,
  { dtype, sparsity, block }: Described,
): BenchRow {
  return {
    model,
    runtime: loaded.name,
    dtype,
    sparsity,
    block,
    threads: loaded.threads ?? 1,
    median_ms: latency.medianMs,
    min_ms: latency.minMs,
    p95_ms: latency.p95Ms,
    runs: latency.runs,
    peak_bytes: loaded.memoryBytes(),
    load_ms: loaded.loadMs,
    first_ms: loaded.firstMs,
    batch,
  };
}

/** How many times as fast each of `own` is as each of `others`, and as the fastest of those that run in a browser. */
export function ratiosOf(own: readonly BenchRow[], others: readonly BenchRow[]): BenchRatio[] {
  const rivals = others.map(({ runtime, median_ms }) => ({ against: runtime, median: median_ms }));
  const web = rivals.filter(({ against }) => isWebPeer(against)).map(({ median }) => median);
  if (web.length > 0) rivals.push({ against: 'fastest-web', median: Math.min(...web) });
  return own.flatMap(({ model, dtype, sparsity, block, threads, median_ms }) =>
    rivals.map(({ against, median }) => ({
      model,
      dtype,
      sparsity,
      block,
      threads,
      against,
      ratio: median / median_ms,
    })),
  );
}

/** Those whose results are to agree: all f32 peers; with the same weights also what is int8, and Lopper's dense files. */
function comparable(
  { sameWeights }: BenchModel,
  entries: readonly Entry[],
  peers: readonly LoadedModel[],
): LoadedModel[] {
  if (!sameWeights) return peers.filter(({ dtype }) => dtype === 'f32');
  const dense = entries.filter(({ described }) => described.sparsity === 0);
  return [...peers, ...dense.map(({ loaded }) => loaded)];
}

/**
 * Opens all, checks that their results agree, then times them in turns.
 * @throws RangeError for an input of the wrong length, Error where results disagree; the signal's reason when aborted.
 */
export async function contest(
  model: BenchModel,
  host: ContestHost,
  options: ContestOptions = {},
): Promise<Contest> {
  const { batch = 1 } = options;
  const graphs = model.files.map(({ bytes }) => readLop(bytes));
  const input = inputOf(model, graphs[0].tensors.get(graphs[0].inputs[0])!.shape, batch);
  const entries: Entry[] = [];
  const peers: LoadedModel[] = [];
  try {
    entries.push(...(await openFiles(model, graphs, input, host, options)));
    peers.push(...(await openPeers(model, input, host, options)));
    const own = entries.map(({ loaded }) => loaded);
    checkAgreement(model.name, comparable(model, entries, peers));
    const latencies = await measureLatency([...own, ...peers], {
      runs: options.runs,
      budgetMs: options.budgetMs,
      settle: 1,
      signal: options.signal,
      onRound: (done, total) => options.onProgress?.(model.name, done, total),
    });
    const ownRows = entries.map(({ loaded, described, file }, i) => ({
      ...row(model.name, batch, loaded, latencies[i], described),
      file_bytes: file.bytes.length,
    }));
    const peerRows = peers.map((loaded, i) =>
      row(model.name, batch, loaded, latencies[own.length + i], {
        dtype: loaded.dtype,
        sparsity: 0,
        block: '1x1',
      }),
    );
    const profiles = options.profile
      ? entries.map(({ loaded, described, graph }, i) => ({
          model: model.name,
          ...described,
          threads: loaded.threads,
          layers: profileNodes(loaded.profile, graph, latencies[i].minMs),
        }))
      : [];
    return {
      rows: [...ownRows, ...peerRows],
      ratios: ratiosOf(ownRows, peerRows),
      profiles,
      engines: [...own, ...peers].map(({ engine }) => engine),
    };
  } finally {
    for (const { loaded } of entries) loaded.dispose();
    for (const loaded of peers) loaded.dispose();
  }
}
