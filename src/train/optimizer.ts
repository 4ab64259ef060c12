import type { Parameter } from './parameters.js';

/** How gradients move weights. Rates are dimensionless; defaults as in the papers. */
export type OptimizerOptions =
  | { type: 'adam'; learningRate?: number; beta1?: number; beta2?: number; epsilon?: number }
  | { type: 'sgd'; learningRate?: number; momentum?: number };

/**
 * Moves `parameter` by one step, in place; `parameter.slots` holds what is remembered between steps.
 *
 * Plain loops over typed arrays instead of `tf.train`: one pass where tfjs takes thirteen kernels and as many
 * temporaries an update, state that is saved bit for bit (tfjs restores powers of beta by `pow`, not as they were),
 * and pruned weights skipped, so that no momentum revives them.
 */
export type Optimizer = (
  parameter: Parameter,
  gradient: Float32Array,
  learningRate: number,
  step: number,
) => void;

/** Learning rate where the options leave it out. */
export const DEFAULT_LEARNING_RATE = { adam: 0.001, sgd: 0.01 } as const;

/** The optimizer that `options` describes. `step` counts from 0. */
export function createOptimizer(options: OptimizerOptions): Optimizer {
  return options.type === 'adam' ? adam(options) : sgd(options.momentum ?? 0);
}

/** Adam (Kingma and Ba 2015), in the efficient form of its section 2: `rate * sqrt(1 - b2^t) / (1 - b1^t)`. */
function adam(options: { beta1?: number; beta2?: number; epsilon?: number }): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
  return (parameter, gradient, learningRate, step) => {
    const { values, mask } = parameter;
    const [first, second] = slotsOf(parameter, 2);
    const t = step + 1;
    const rate = (learningRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
    for (let i = 0; i < values.length; i++) {
      if (mask !== undefined && mask[i] === 0) continue;
      const g = gradient[i];
      const m = beta1 * first[i] + (1 - beta1) * g;
      const v = beta2 * second[i] + (1 - beta2) * g * g;
      first[i] = m;
      second[i] = v;
      values[i] -= (rate * m) / (Math.sqrt(v) + epsilon);
    }
  };
}

/** Stochastic gradient descent with heavy-ball momentum (Polyak 1964), as tf.train.momentum: `a = momentum * a + g`. */
function sgd(momentum: number): Optimizer {
  return (parameter, gradient, learningRate) => {
    const { values, mask } = parameter;
    const [velocity] = slotsOf(parameter, 1);
    for (let i = 0; i < values.length; i++) {
      if (mask !== undefined && mask[i] === 0) continue;
      velocity[i] = momentum * velocity[i] + gradient[i];
      values[i] -= learningRate * velocity[i];
    }
  };
}

function slotsOf(parameter: Parameter, count: number): Float32Array[] {
  while (parameter.slots.length < count) parameter.slots.push(new Float32Array(parameter.values.length));
  return parameter.slots;
}
