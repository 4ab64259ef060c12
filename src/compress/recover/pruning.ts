import type { Graph } from '../../graph/index.js';
import {
  graphValues,
  setMask,
  type Gradients,
  type Length,
  type Parameter,
  type Trainer,
  type Trainings,
} from '../../train/index.js';
import type { Pruner } from '../prune/index.js';
import type { Recipe } from '../recipe.js';

/** What prunes a network while it trains. Each way of doing so is one class; all are the same again for the same steps. */
export interface Pruning {
  /** Where it takes more than one training. */
  readonly trainings?: Trainings;
  /** Part of the final sparsity that holds now, in [0, 1]. */
  readonly progress: number;
  /** May change masks. Where it rejects nothing has changed. */
  beforeStep(step: number): Promise<void>;
  /** Takes the step that `gradients` ask for. */
  apply(gradients: Gradients, learningRate: number): void;
  /** What the training left undone; all, where nothing is trained. */
  finish(): Promise<void>;
  /** What checkpoints keep of it, structured data. */
  state(): unknown;
  /** Goes on from what `state` gave before `step`. */
  restore(state: unknown, step: number): void;
}

/** What all ways of pruning work on. */
export interface PruningContext {
  trainer: Trainer;
  /** The trainer's graph. */
  graph: Graph;
  pruner: Pruner;
  prune: NonNullable<Recipe['prune']>;
  /** Absent: nothing is trained. */
  recover?: Recipe['recover'];
  /** Of one training. */
  length: Length;
}

/** The trainer's parameters of the pruner's targets, in their order. */
export function targetParameters({ trainer, pruner }: PruningContext): Parameter[] {
  return pruner.targets.map(({ weight }) => trainer.parameters.get(weight)!);
}

export function setMasks(parameters: readonly Parameter[], masks: readonly Uint8Array[]): void {
  parameters.forEach((parameter, i) => setMask(parameter, masks[i]));
}

/** Numbers that lie as a parameter's values do, in the graph's layout; a copy. */
export function inGraphLayout(parameter: Parameter, values: ArrayLike<number>): Float32Array {
  return graphValues({ ...parameter, values: Float32Array.from(values) });
}
