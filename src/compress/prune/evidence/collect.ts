import type { Graph, Node } from '../../../graph/index.js';
import type { Dataset, Preprocessing } from '../../../train/index.js';
import { mix, randomStream } from '../../../train/random.js';
import type { Evidence, Scored } from '../criteria.js';
import { collectInputNorms, collectOutputs } from './activations.js';
import { collectGamma } from './gamma.js';
import { collectGradients, collectHessianDiagonal } from './gradients.js';
import { collectInverseHessian } from './inverse-hessian.js';
import { collectSynflow } from './synflow.js';

export interface EvidenceOptions {
  /** Training samples looked at, drawn by seed. */
  samples: number;
  seed: number;
  preprocessing?: Preprocessing;
  /** By weight name, graph's layout: what the training before has accumulated (`MovementScores`). */
  movement?: ReadonlyMap<string, Float32Array>;
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

/** One call of `collectEvidence`, as collectors see it: each fills in its fields of `kernels`. */
export interface Collection {
  graph: Graph;
  data: Dataset;
  options: EvidenceOptions;
  /** By weight name. */
  kernels: ReadonlyMap<string, Scored>;
  /** By weight name: the nodes that use it, and as what. More than one for a shared kernel. */
  users: ReadonlyMap<string, { node: Node; role: string }[]>;
}

/** Fills in one kind of evidence of all kernels; a new kind is one entry here. */
export type Collector = (collection: Collection) => void | Promise<void>;

const collectors: Record<Evidence, Collector> = {
  gradients: collectGradients,
  hessianDiagonal: collectHessianDiagonal,
  inverseHessian: collectInverseHessian,
  inputNorm: collectInputNorms,
  outputs: collectOutputs,
  gamma: collectGamma,
  movement: takeMovement,
  random: giveStreams,
  synflow: collectSynflow,
};

/**
 * What criteria need to know of kernels, on the graph as it is: its zeros are what is pruned already. Batch norm uses its moving
 * averages and nothing drops out. The same graph, data and options give the same numbers.
 *
 * @param weights names of kernels
 * @returns by weight name, in the order of `weights`
 * @throws RangeError where evidence cannot be had, as gamma of a layer without batch norm
 */
export async function collectEvidence(
  graph: Graph,
  weights: readonly string[],
  needs: readonly Evidence[],
  data: Dataset,
  options: EvidenceOptions,
): Promise<Map<string, Scored>> {
  const kernels = new Map(weights.map((name) => [name, kernelOf(graph, name)]));
  const collection = { graph, data, options, kernels, users: usersOf(graph, weights) };
  for (const need of needs) await collectors[need](collection);
  return kernels;
}

/** A weight of the graph as a kernel without evidence. */
export function kernelOf(graph: Graph, name: string): Scored {
  const { shape, data } = graph.weights.get(name)!;
  return { shape, values: data as Float32Array };
}

function usersOf(graph: Graph, weights: readonly string[]): Collection['users'] {
  const users = new Map<string, { node: Node; role: string }[]>(weights.map((name) => [name, []]));
  for (const node of graph.nodes)
    for (const [role, name] of Object.entries(node.weights)) users.get(name)?.push({ node, role });
  return users;
}

function takeMovement({ kernels, options }: Collection): void {
  for (const [name, kernel] of kernels) {
    kernel.movement = options.movement?.get(name);
    if (!kernel.movement)
      throw new RangeError(
        'criterion "movement": expected gradients of a training, got none; prune during recover, not before it',
      );
  }
}

function giveStreams({ kernels, options }: Collection): void {
  [...kernels.values()].forEach((kernel, k) => (kernel.random = randomStream(mix(options.seed, 5, k))));
}
