/** What each node of a model costs. */
import type { LopModel } from '../format/index.js';
import type { NodeProfile } from '../runtime/index.js';
import { quantile } from './latency.js';

/** One node of one model. The keys are what `lopper bench --profile --json` prints. */
export interface ProfileRow {
  name: string;
  op: string;
  /** Of the output. */
  shape: number[];
  /** Median of several means. */
  ms: number;
  /** Of the sum over all nodes, in [0, 1]. */
  share: number;
  /** Operations on kept weights (a multiply and an add are two) a nanosecond; 0 where it has none. */
  gops: number;
  multiply_adds: number;
  weights: number;
  kept: number;
  unpacked_bytes: number;
}

/** Means over this many runs each are taken, and their median: one that an interrupt hit does not count. */
const MEANS = 9;
/** Shortest time over which nodes are averaged, in ms. */
const MEAN_MS = 40;
const MOST_RUNS = 2000;

/** Times every node of a model that runs in about `runMs`. `profile` is `Model.profile`, `graph` the file's content. */
export function profileNodes(
  profile: (runs: number) => NodeProfile[],
  graph: LopModel,
  runMs: number,
): ProfileRow[] {
  const runs = Math.max(1, Math.min(MOST_RUNS, Math.ceil(MEAN_MS / runMs)));
  const passes = Array.from({ length: MEANS }, () => profile(runs));
  const medians = passes[0].map((_, i) =>
    quantile(
      passes.map((nodes) => nodes[i].ms),
      0.5,
    ),
  );
  const total = medians.reduce((sum, ms) => sum + ms, 0);
  const outputs = new Map(graph.nodes.map(({ name, outputs }) => [name, outputs[0]]));
  return passes[0].map(({ name, op, multiplyAdds, weights, kept, unpackedBytes }, i) => ({
    name,
    op,
    shape: graph.tensors.get(outputs.get(name) ?? '')?.shape ?? [],
    ms: medians[i],
    share: medians[i] / total,
    gops: (2 * multiplyAdds) / medians[i] / 1e6 || 0,
    multiply_adds: multiplyAdds,
    weights,
    kept,
    unpacked_bytes: unpackedBytes,
  }));
}
