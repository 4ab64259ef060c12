import type { Random } from '../../train/random.js';

/** A kernel's values in the graph's layout: `[O, KH, KW, I]` or `[O, I]`. */
export interface Kernel {
  shape: readonly number[];
  values: Float32Array;
}

/** What is collected for criteria: `evidence/collect.ts` has one collector each. */
export type Evidence =
  | 'gradients'
  | 'hessianDiagonal'
  | 'inverseHessian'
  | 'inputNorm'
  | 'outputs'
  | 'gamma'
  | 'movement'
  | 'random'
  | 'synflow';

/** Of the activations of each output channel or neuron, after batch norm and activation function; one number an output. */
export interface OutputStatistics {
  /** Of |activation|. */
  absoluteMean: Float64Array;
  /** Fraction that is exactly zero. */
  zeros: Float64Array;
  variance: Float64Array;
  /** Of the sample means' histogram, nats. */
  entropy: Float64Array;
}

/** A kernel and what is known of it: what its criterion `needs`. Arrays have one number a weight, in the graph's layout. */
export interface Scored extends Kernel {
  /** Mean over samples of the loss's gradient. */
  gradient?: Float32Array;
  /** Mean over samples of |gradient|. */
  absoluteGradient?: Float32Array;
  /** Of its units, instead of what the cut is told. */
  block?: readonly [number, number];
  /** Mean over samples of gradient^2, labels as in the data: the empirical Fisher's diagonal. */
  squaredGradient?: Float32Array;
  /** Diagonal of the loss's Hessian. */
  hessianDiagonal?: Float32Array;
  /** Diagonal of the inverse of the layer's Hessian `E[x x']`. */
  inverseHessian?: Float32Array;
  /** Root mean square of the input channel that the weight multiplies. */
  inputNorm?: Float32Array;
  outputs?: OutputStatistics;
  /** |gamma| of the batch norm behind each output. */
  gamma?: Float64Array;
  /** Accumulated `-w g` of the steps trained so far. */
  movement?: Float32Array;
  /** The same stream each time for the same weight and seed. */
  random?: Random;
  /** `dR/d|w|` of SynFlow's R. */
  synflow?: Float32Array;
}

/** How much weights matter: the larger the score, the later a weight goes. */
export interface Criterion {
  needs?: readonly Evidence[];
  /** One score a weight, in the graph's layout. */
  score(kernel: Scored): Float64Array;
  /**
   * A unit's score from its weights': the mean (default), so that a small block at an edge competes fairly, or the largest.
   */
  pool?: 'mean' | 'max';
  /** True where all weights of an output share a score: for whole outputs (unit `neuron`), as it cannot choose among elements. */
  ofOutputs?: boolean;
  /** Cuts go down to their sparsity in so many steps, each with new scores. Default 1. */
  rounds?: number;
  /** Makes the unit scores of one layer comparable with another layer's, in place; absent: they are as they are. */
  normalize?(scores: Float64Array): void;
}

/** By name in recipes. A new criterion is one entry; `abs(x)` is |x|. */
export const criteria = {
  /** `|w|` (Han et al. 2015; Zhu and Gupta 2017); of a block its mean: L1. */
  magnitude: each(
    ({ values }) =>
      (i) =>
        Math.abs(values[i]),
  ),

  /** `w^2`; of a block its mean, which orders blocks of a size as their L2 norm does (Wen et al. 2016). */
  l2: each(
    ({ values }) =>
      (i) =>
        values[i] ** 2,
  ),

  /** The largest `|w|` of a block: L-infinity. Of elements the magnitude. */
  'max-norm': {
    ...each(
      ({ values }) =>
        (i) =>
          Math.abs(values[i]),
    ),
    pool: 'max',
  },

  /**
   * `w^2 / sum of all v^2 >= w^2 in the layer` (LAMP, Lee et al. 2021): one global cut then finds good sparsities of
   * the layers by itself. Within a layer the order is that of magnitudes.
   */
  lamp: {
    ...each(
      ({ values }) =>
        (i) =>
          values[i] ** 2,
    ),
    normalize: normalizeLamp,
  },

  /** Uniform, seeded: the baseline that every criterion has to beat (Gale et al. 2019). */
  random: each(
    ({ random }) =>
      () =>
        random!(),
    'random',
  ),

  /** `|E[dL/dw]|`: what training wants to move most stays (as RigL grows by, Evci et al. 2020). */
  gradient: each(
    ({ gradient }) =>
      (i) =>
        Math.abs(gradient![i]),
    'gradients',
  ),

  /** `E|w dL/dw|` over samples: the loss's change to first order (Molchanov et al. 2017, 2019). */
  taylor: each(
    ({ values, absoluteGradient: g }) =>
      (i) =>
        Math.abs(values[i]) * g![i],
    'gradients',
  ),

  /** `w^2 E[(dL/dw)^2] / 2`: as OBD, with the empirical Fisher for the Hessian (Theis et al. 2018). */
  fisher: each(
    ({ values, squaredGradient: f }) =>
      (i) =>
        (values[i] ** 2 * f![i]) / 2,
    'gradients',
  ),

  /** `w^2 h_ii / 2`: the loss's change to second order at a minimum, Hessian diagonal (OBD, LeCun et al. 1990). */
  obd: each(
    ({ values, hessianDiagonal: h }) =>
      (i) =>
        (values[i] ** 2 * h![i]) / 2,
    'hessianDiagonal',
  ),

  /** `w^2 / (2 [H^-1]_ii)`, H the layer's whole Hessian: others make up for w (OBS, Hassibi and Stork 1993; Frantar and Alistarh 2022). */
  obs: each(
    ({ values, inverseHessian: d }) =>
      (i) =>
        values[i] ** 2 / (2 * d![i]),
    'inverseHessian',
  ),

  /** `|w| sqrt(E[x^2])` of the input x that w multiplies (Wanda, Sun et al. 2023). */
  wanda: each(
    ({ values, inputNorm: x }) =>
      (i) =>
        Math.abs(values[i]) * x![i],
    'inputNorm',
  ),

  /** `-sum over steps of w dL/dw`: what training moves away from zero stays (Sanh et al. 2020). */
  movement: each(
    ({ movement }) =>
      (i) =>
        movement![i],
    'movement',
  ),

  /** `|w| dR/d|w|`, R the sum of outputs of the network of |weights| on an input of ones (SynFlow, Tanaka et al. 2020). */
  synflow: {
    ...each(
      ({ values, synflow: d }) =>
        (i) =>
          Math.abs(values[i]) * d![i],
      'synflow',
    ),
    rounds: 100,
  },

  /** Mean `|activation|` of the output (Molchanov et al. 2017's "mean activation"). */
  activation: ofOutputs(({ outputs }) => outputs!.absoluteMean, 'outputs'),

  /** `1 - APoZ`, the fraction of the output's activations that are not zero (Hu et al. 2016). */
  apoz: ofOutputs(({ outputs }) => outputs!.zeros.map((zeros) => 1 - zeros), 'outputs'),

  /** Variance of the output's activations: one that never changes is a bias (Polyak and Wolf 2015). */
  variance: ofOutputs(({ outputs }) => outputs!.variance, 'outputs'),

  /** Entropy of the output's mean activation over samples (Luo and Wu 2017). */
  entropy: ofOutputs(({ outputs }) => outputs!.entropy, 'outputs'),

  /** `|gamma|` of the batch norm behind the output (network slimming, Liu et al. 2017). */
  gamma: ofOutputs(({ gamma }) => gamma!, 'gamma'),
} satisfies Record<string, Criterion>;

/** A key of `criteria`. */
export type CriterionName = keyof typeof criteria;

/** A criterion from a function of one weight's index. */
function each(scoreOf: (kernel: Scored) => (index: number) => number, ...needs: Evidence[]): Criterion {
  const score = (kernel: Scored): Float64Array => {
    const of = scoreOf(kernel);
    return Float64Array.from(kernel.values, (_, index) => of(index));
  };
  return { needs, score };
}

/** A criterion that gives each output one score. */
function ofOutputs(scoresOf: (kernel: Scored) => Float64Array, ...needs: Evidence[]): Criterion {
  const score = (kernel: Scored): Float64Array => {
    const scores = scoresOf(kernel);
    const row = kernel.values.length / kernel.shape[0];
    return Float64Array.from(kernel.values, (_, index) => scores[Math.floor(index / row)]);
  };
  return { needs, score, ofOutputs: true };
}

/** Squares become `w^2 / sum of all v^2 >= w^2`, of equal ones the later counting as smaller. */
export function normalizeLamp(scores: Float64Array): void {
  const ascending = Uint32Array.from(scores, (_, index) => index).sort(
    (a, b) => scores[a] - scores[b] || b - a,
  );
  let sum = 0;
  for (const index of ascending.reverse()) {
    sum += scores[index];
    if (sum > 0) scores[index] /= sum;
  }
}
