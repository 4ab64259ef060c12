import { setImmediate } from 'node:timers/promises';
import type { Graph, Node } from '../../../graph/index.js';
import { inverseOf } from '../../one-shot/linear-algebra.js';
import { MomentsBuilder, type Moments } from '../../one-shot/moments.js';
import { Replay } from '../../one-shot/replay.js';
import { readSamples } from '../../one-shot/samples.js';
import type { Collection } from './collect.js';

/** Operators whose kernels multiply patches of their input. */
const LINEAR = new Set(['conv2d', 'dense']);
/** Output pixels of a sample that are looked at, as in `prune.update`. */
const PIXELS = 64;
/** Of the Hessian's mean diagonal, added to it (Frantar and Alistarh 2022). */
const DAMPING = 0.01;

/**
 * Diagonal of the inverse of a layer's Hessian `E[x x']`, x what a row of the kernel is multiplied with: the same for all outputs of a
 * group. Of a shared kernel that of its first node. Takes the cube of a row's length.
 *
 * @throws RangeError for layers other than convolutions and dense ones
 */
export async function collectInverseHessian({
  graph,
  data,
  kernels,
  users,
  options,
}: Collection): Promise<void> {
  const replay = new Replay(graph, await readSamples(data, options));
  const layers = [...kernels].map(([name, kernel]) => ({
    kernel,
    index: indexOf(graph, users.get(name)![0].node),
  }));
  layers.sort((a, b) => a.index - b.index);
  try {
    for (const [done, { kernel, index }] of layers.entries()) {
      options.signal?.throwIfAborted();
      const builder = new MomentsBuilder(graph, graph.nodes[index], PIXELS, options.seed);
      for (let batch = 0; batch < replay.batches; batch++) builder.addFrom(replay, replay, index, batch);
      kernel.inverseHessian = inverseDiagonal(builder.finish(), kernel.shape[0]);
      options.onProgress?.(done + 1, layers.length);
      await setImmediate();
    }
  } finally {
    replay.dispose();
  }
}

function indexOf(graph: Graph, layer: Node): number {
  if (!LINEAR.has(layer.op))
    throw new RangeError(
      `criterion "obs": expected convolutions and dense layers, got '${layer.name}' (${layer.op}); name it in prune.dense`,
    );
  return graph.nodes.indexOf(layer);
}

function inverseDiagonal({ hessian, groups, taps }: Moments, outputs: number): Float32Array {
  const diagonal = new Float32Array(outputs * taps);
  const rows = outputs / groups;
  for (let group = 0; group < groups; group++) {
    const damped = hessian.slice(group * taps * taps, (group + 1) * taps * taps);
    let trace = 0;
    for (let k = 0; k < taps; k++) trace += damped[k * (taps + 1)];
    for (let k = 0; k < taps; k++) damped[k * (taps + 1)] += (DAMPING * trace) / taps || 1;
    const inverse = inverseOf(damped, taps);
    for (let row = group * rows; row < (group + 1) * rows; row++)
      for (let k = 0; k < taps; k++) diagonal[row * taps + k] = inverse[k * (taps + 1)];
  }
  return diagonal;
}
