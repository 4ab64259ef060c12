import { augmentSchema, choice, count, positive, strict } from '../schema.js';

/** `prune.update` in a recipe: the weights that stay take up what those that go did, without training. */
export const updateSchema = strict({
  /**
   * `obs`: ExactOBS; `sparsegpt`: SparseGPT's column order; `auto`: of both what the layer's size allows; `solve`: masks of the
   * recipe's criterion.
   */
  method: choice('auto', 'obs', 'sparsegpt', 'solve').default('auto'),
  /** Training samples; labels are not read. */
  samples: count(1).default(512),
  /** What is done to each; `samples` may then be more than there are, each drawn several times. */
  augment: augmentSchema.optional(),
  /** Output pixels of a sample and layer that are looked at. */
  pixels: count(1).default(64),
  /** Of the Hessian's mean diagonal. */
  damping: positive.default(0.01),
  /** What layers read while they are pruned: of the network as it is pruned so far, or of the dense one. */
  inputs: choice('pruned', 'dense').default('pruned'),
  /** What scope `global` adds up over layers: errors in parts of the output's energy, or by what the network's answer makes of them. */
  share: choice('energy', 'sensitivity').default('energy'),
});

const samples = strict({ samples: count(1).default(512) });

/** `correct` in a recipe: statistics that pruning moved are put right, without training. */
export const correctSchema = strict({
  /** Mean and variance of batch norms, over so many training samples. */
  batchNorm: samples.optional(),
  /** Biases, for the mean of each output in the network that was given. */
  bias: samples.optional(),
});
