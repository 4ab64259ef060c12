import { onlyConsumerOf } from '../../../graph/index.js';
import type { Collection } from './collect.js';

/**
 * `|gamma|` of the batch norm that alone reads a layer's output; of a shared kernel the largest of its nodes'.
 *
 * @throws RangeError where a layer has no batch norm behind it
 */
export function collectGamma({ graph, kernels, users }: Collection): void {
  for (const [name, kernel] of kernels) {
    const gammas = users.get(name)!.map(({ node }) => {
      const next = onlyConsumerOf(graph, node.outputs[0]);
      const gamma = next?.op === 'batch_norm' ? graph.weights.get(next.weights.gamma) : undefined;
      if (gamma) return gamma.data;
      throw new RangeError(
        `criterion "gamma": expected a batch norm with gamma behind each layer, got none behind '${node.name}'; ` +
          `name it in prune.dense, or choose another criterion`,
      );
    });
    kernel.gamma = Float64Array.from({ length: kernel.shape[0] }, (_, o) =>
      Math.max(...gammas.map((gamma) => Math.abs(gamma[o]))),
    );
  }
}
