import { setImmediate } from 'node:timers/promises';
import { copyGraph, weightsOf, type Graph, type Node } from '../../graph/index.js';
import type { Dataset } from '../../train/index.js';
import { blockGrid, elementMask, keepLargest, keptBlocks, type PruneTarget } from '../prune/index.js';
import { layerMask, obsScores, problemOf, solveRows, type Pattern } from './layer.js';
import { centred, MomentsBuilder, type Moments } from './moments.js';
import { Replay } from './replay.js';
import { readSamples, type SampleOptions, type WorkOptions } from './samples.js';

export interface OneShotOptions extends SampleOptions, WorkOptions, Pattern {
  damping: number;
  inputs: 'pruned' | 'dense';
  variance: number;
  pixels: number;
  refit?: boolean;
}

export async function pruneOneShot(
  graph: Graph,
  targets: readonly PruneTarget[],
  data: Dataset,
  options: OneShotOptions,
): Promise<Graph> {
  const pruned = copyGraph(graph);
  const batches = await readSamples(data, options);
  const dense = new Replay(graph, batches);
  const now = options.inputs === 'pruned' ? new Replay(pruned, batches) : dense;
  const byWeight = new Map(targets.map((target) => [target.weight, target]));
  const layers = graph.nodes.flatMap(({ weights: { kernel } }, index) =>
    kernel !== undefined && (byWeight.has(kernel) || options.refit) ? [index] : [],
  );
  try {
    for (const [done, index] of layers.entries()) {
      options.signal?.throwIfAborted();
      const node = pruned.nodes[index];
      const kernel = graph.weights.get(node.weights.kernel)!;
      const builder = new MomentsBuilder({ graph, node, kernel }, options.pixels, options.seed);
      for (let batch = 0; batch < dense.batches; batch++) {
        const [x] = dense.inputsOf(index, batch);
        const [y] = now === dense ? [x] : now.inputsOf(index, batch);
        builder.add(y, x);
        x.dispose();
        y.dispose();
      }
      pruneLayer(pruned, node, builder.finish(), byWeight.get(kernel.name), options);
      options.onProgress?.(done + 1, layers.length);
      await setImmediate();
    }
  } finally {
    dense.dispose();
    now.dispose();
  }
  return pruned;
}

function pruneLayer(
  graph: Graph,
  node: Node,
  raw: Moments,
  target: PruneTarget | undefined,
  options: OneShotOptions,
): void {
  const { kernel, bias } = weightsOf(graph, node);
  const moments = bias ? centred(raw) : raw;
  const problem = problemOf(moments, kernel.data as Float32Array, kernel.shape, options.damping);
  const grid = blockGrid(kernel.shape, options.block);
  let mask: Uint8Array = new Uint8Array(kernel.data.length).fill(1);
  if (target) {
    const scores = obsScores(problem, options);
    mask = elementMask(grid, layerMask(scores, target.sparsity));
  }
  const w = solveRows(problem, mask);
  const { taps, groups } = moments;
  const O = kernel.shape[0];
  let lost = 0,
    all = 0;
  const nb = bias ? Float32Array.from(bias.data) : undefined;
  for (let o = 0; o < O; o++) {
    const g = Math.floor((o * groups) / O);
    let v = 0,
      c = 0,
      m = 0;
    for (let i = 0; i < taps; i++) {
      const wi = w[o * taps + i];
      if (wi === 0) continue;
      let s = 0;
      for (let j = 0; j < taps; j++) s += moments.hessian[(g * taps + i) * taps + j] * w[o * taps + j];
      v += wi * s;
      c += wi * moments.cross[o * taps + i];
    }
    lost += moments.energy[o] - 2 * c + v;
    all += moments.energy[o];
    if (options.variance > 0 && v > 0) {
      const f = (moments.energy[o] / v) ** (0.5 * options.variance);
      for (let i = 0; i < taps; i++) w[o * taps + i] *= f;
    }
    if (nb) {
      for (let i = 0; i < taps; i++) m += w[o * taps + i] * moments.mean[g * taps + i];
      nb[o] += moments.target[o] - m;
    }
  }
  if (process.env.DEBUG)
    console.log(node.name, [...kernel.shape].join('x'), 'relative error', (lost / all).toFixed(4));
  kernel.data = w;
  kernel.block = [...options.block];
  if (bias) bias.data = nb!;
}
void keepLargest;
void keptBlocks;
