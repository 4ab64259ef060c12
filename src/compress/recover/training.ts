import type { Graph } from '../../graph/index.js';
import {
  augmentImages,
  baseRate,
  sampling,
  trainingLength,
  type Dataset,
  type Length,
  type Preprocessing,
  type RegularizeOptions,
  type RunOptions,
  type Sampling,
  type TrainerOptions,
} from '../../train/index.js';
import {
  forEachElement,
  prunableKernels,
  pruneTargets,
  settledAt,
  unitGrid,
  withBlock,
  type Granularity,
  type PruneTarget,
} from '../prune/index.js';
import type { Recipe } from '../recipe.js';
import { lotteryTrainings, stepsOf, trainsDense } from './lottery-plan.js';

type Recover = NonNullable<Recipe['recover']>;

/** What `recover` and quantization-aware training have in common. */
export type Training = Omit<Recover, 'initialize' | 'shards' | 'regularize' | 'batchNorm' | 'earlyStopping'>;

/** What a training says to the trainer of a student of `teacher`. */
export function trainingOptions(training: Training, seed: number, teacher: Graph): TrainerOptions {
  const { optimizer, weightDecay, labelSmoothing, clipNorm, distill } = training;
  return {
    seed,
    optimizer,
    weightDecay,
    labelSmoothing,
    clipNorm,
    distill: distill && { teacher, ...distill },
  };
}

/** What a training says to `runTraining`. */
export function runOptions(training: Training, preprocessing: Preprocessing | undefined): RunOptions {
  const { epochs, batch, optimizer, learningRateSchedule: schedule, augment, mixup } = training;
  return {
    epochs,
    batch,
    learningRate: baseRate(optimizer),
    schedule,
    preprocessing,
    augment: augment && augmentImages(augment),
    mixup,
  };
}

/** What a recipe's `recover` says to a trainer of `graph`, a student of `teacher`. */
export function trainerOptions(recipe: Recipe, graph: Graph, teacher: Graph): TrainerOptions {
  const { recover, seed } = recipe;
  if (!recover) return { seed };
  return {
    ...trainingOptions(recover, seed, teacher),
    regularize: recover.regularize && penalties(recipe, graph, recover.regularize),
    frozenStatistics: recover.batchNorm === 'freeze',
  };
}

function penalties(
  { prune }: Recipe,
  graph: Graph,
  { groups: by, ...weights }: NonNullable<Recover['regularize']>,
): RegularizeOptions {
  const kernels: Pick<PruneTarget, 'weight' | 'block'>[] = prune
    ? pruneTargets(graph, prune)
    : prunableKernels(graph);
  const groups = kernels.map(({ weight, block: own }): [string, Int32Array] => {
    const unit: Granularity =
      by === 'block' && prune ? withBlock(prune, own) : { unit: 'neuron', block: [1, 1] };
    const { shape, data } = graph.weights.get(weight)!;
    const ids = new Int32Array(data.length);
    forEachElement(unitGrid(shape, unit), (element, block) => (ids[element] = block));
    return [weight, ids];
  });
  return { ...weights, groups: new Map(groups) };
}

/** Which samples a recipe trains on, and which it holds out. */
export function recipeSampling({ recover, seed }: Recipe, data: Dataset): Sampling {
  return sampled(recover?.subset, seed, data, recover?.earlyStopping?.validation);
}

/** Which samples a training draws from, and which it holds out. */
export function sampled(subset: Training['subset'], seed: number, data: Dataset, validation = 0): Sampling {
  const { samples, draw } = subset ?? {};
  return sampling(data.train.count, seed, { validation, subset: samples, draw });
}

/** How long a recipe trains, if nothing stops it early. */
export function recipeLength(recipe: Recipe, data: Dataset): Length {
  const { recover } = recipe;
  if (!recover) return { steps: 0, stepsPerEpoch: 0 };
  return trainingLength(recipeSampling(recipe, data).epochSamples, recover.batch, recover.epochs);
}

/** Steps of all trainings that a recipe asks for, if nothing stops it early. */
export function recipeSteps(recipe: Recipe, data: Dataset): number {
  const { prune, recover } = recipe;
  const length = recipeLength(recipe, data);
  if (!recover || prune?.schedule.type !== 'lottery') return length.steps;
  const lottery = { ...prune.schedule, epoch: prune.schedule.epoch ?? 0 };
  return stepsOf(lotteryTrainings(lottery, length, trainsDense(lottery, recover.initialize)));
}

/** True where the training reads labels: a teacher may say all. */
export function needsLabels({ recover, quantize }: Recipe): boolean {
  return [recover, quantize?.train].some((training) => training && training.distill?.weight !== 1);
}

/** Why a training makes no sense, as `RecipeError` says it. */
export function trainingContradiction(
  path: string,
  { labelSmoothing, distill, mixup }: Training,
): string | undefined {
  if (labelSmoothing > 0 && distill?.weight === 1)
    return `${path}.labelSmoothing: expected 0 with distill.weight 1, which reads no labels, got ${labelSmoothing}`;
  if (mixup !== undefined && distill?.weight !== 1)
    return `${path}.mixup: expected none without distill.weight 1, as mixtures have no label, got ${mixup}`;
  return undefined;
}

/** Why a recipe's `recover` makes no sense, as `RecipeError` says it. */
export function recoverContradiction({ prune, recover }: Recipe): string | undefined {
  if (!recover) return undefined;
  const { regularize, earlyStopping, epochs } = recover;
  if (regularize?.groups === 'block' && !prune)
    return 'recipe.recover.regularize.groups: expected "output" where nothing is pruned, got "block"';
  const contradiction = trainingContradiction('recipe.recover', recover);
  if (contradiction) return contradiction;
  const settled = prune ? settledAt(prune.schedule, epochs) : 0;
  if (earlyStopping && settled === Infinity)
    return `recipe.recover.earlyStopping: expected none with schedule "${prune?.schedule.type}", whose masks change to the end`;
  if (earlyStopping && settled > epochs - 1)
    return `recipe.recover.earlyStopping: expected pruning to end an epoch before the last (by ${epochs - 1}), got ${settled}`;
  return undefined;
}
