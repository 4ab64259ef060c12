import { elements } from '../../graph/index.js';
import {
  createOptimizer,
  graphValues,
  mix,
  randomStream,
  setMask,
  type Gradients,
  type Optimizer,
  type Parameter,
} from '../../train/index.js';
import { cutMasks, type Criterion } from '../prune/index.js';
import { targetParameters, type Pruning, type PruningContext } from './pruning.js';

export interface SupermaskOptions {
  /** Where scores begin: at `|w|` scaled to `sqrt(6 / fan in)` (HYDRA, Sehwag et al. 2020), or anywhere up to that. */
  scores: 'magnitude' | 'random';
  /** Weights become their sign times `sqrt(2 / (density * fan in))` (signed Kaiming constant, Ramanujan et al. 2020). */
  signed: boolean;
}

/** Scores are the values themselves. */
const byValue: Criterion = { score: ({ values }) => Float64Array.from(values) };

/**
 * Learns which weights to keep, and moves none of them (Zhou et al. 2019; edge-popup, Ramanujan et al. 2020). The layers use
 * `w * m`, where m marks the largest scores s; straight through the mask the gradient is `dL/ds = dL/d(w m) * w`.
 */
export class SupermaskPruning implements Pruning {
  readonly progress = 1;
  readonly #context: PruningContext;
  readonly #kernels: Parameter[];
  /** The frozen weights, in tfjs' layout. */
  readonly #frozen: Float32Array[];
  /** Parameters as the kernels', whose values are scores. */
  readonly #scores: Parameter[];
  readonly #optimizer: Optimizer;

  constructor(context: PruningContext, options: SupermaskOptions) {
    const { pruner, recover, trainer } = context;
    this.#context = context;
    this.#kernels = targetParameters(context);
    const density = (i: number): number => 1 - pruner.targets[i].sparsity;
    this.#frozen = this.#kernels.map((kernel, i) =>
      options.signed ? signed(kernel, density(i)) : kernel.values.slice(),
    );
    this.#scores = this.#kernels.map((kernel, i) => {
      const random = randomStream(mix(trainer.seed, 6, i));
      const values = options.scores === 'random' ? randomScores(kernel, random) : magnitudeScores(kernel);
      return { ...kernel, values, slots: [], mask: undefined };
    });
    this.#optimizer = createOptimizer(recover?.optimizer ?? { type: 'adam' });
  }

  async beforeStep(step: number): Promise<void> {
    if (step === 0) this.#gate();
  }

  apply({ values, statistics }: Gradients, learningRate: number): void {
    const { trainer } = this.#context;
    this.#kernels.forEach((kernel, i) => {
      const gradient = values[trainer.trainable.indexOf(kernel)];
      if (gradient === undefined) return;
      const ofScores = gradient.map((g, at) => g * this.#frozen[i][at]);
      this.#optimizer(this.#scores[i], ofScores, learningRate, trainer.step);
    });
    trainer.observe({ statistics });
    this.#gate();
  }

  async finish(): Promise<void> {}

  state(): unknown {
    return this.#scores.map(({ values, slots }) => ({ values, slots }));
  }

  restore(state: unknown): void {
    (state as Pick<Parameter, 'values' | 'slots'>[]).forEach((saved, i) =>
      Object.assign(this.#scores[i], saved),
    );
  }

  /** The kernels become their weights under the mask of now. */
  #gate(): void {
    const { pruner, prune } = this.#context;
    const kernels = this.#scores.map((p, i) => ({
      shape: p.graphShape,
      values: graphValues(p),
      block: pruner.targets[i].block,
    }));
    const sparsities = pruner.targets.map((target) => target.sparsity);
    const sparsity = prune.scope === 'global' ? sparsities[0] : sparsities;
    const masks = cutMasks(kernels, prune, byValue, { sparsity, byOutput: prune.scope === 'output' });
    this.#kernels.forEach((kernel, i) => {
      kernel.values.set(this.#frozen[i]);
      setMask(kernel, masks[i]);
    });
  }
}

function fanIn({ graphShape }: Parameter): number {
  return elements(graphShape.slice(1));
}

function signed(kernel: Parameter, density: number): Float32Array {
  const size = Math.sqrt(2 / (density * fanIn(kernel)));
  return kernel.values.map((w) => (w < 0 ? -size : size));
}

function randomScores(kernel: Parameter, random: () => number): Float32Array {
  const most = Math.sqrt(6 / fanIn(kernel));
  return kernel.values.map(() => most * random());
}

function magnitudeScores(kernel: Parameter): Float32Array {
  const greatest = kernel.values.reduce((most, w) => Math.max(most, Math.abs(w)), 0) || 1;
  const scale = Math.sqrt(6 / fanIn(kernel)) / greatest;
  return kernel.values.map((w) => scale * Math.abs(w));
}
