import { elements, type Graph } from '../../graph/index.js';
import { getOp } from '../../ops/table.js';
import type { Dataset, Preprocessing } from '../../train/index.js';
import { collectEvidence, criteria, type Criterion, type CriterionName } from '../prune/index.js';
import type { UnitGroup, WeightAxis } from './groups.js';
import { surgeonScores } from './surgeon.js';
import type { Units } from './units.js';

/** How weights' scores become a unit's. */
export interface ImportanceOptions {
  criterion: CriterionName | 'surgeon';
  /** Training samples that evidence is collected on. */
  samples: number;
  /** Which of a unit's weights count: what makes the channel, or also what reads it. */
  weights: 'filters' | 'all';
  /** The sum over all of these weights, their mean, or the largest of the means of each layer's. */
  reduce: 'sum' | 'mean' | 'max';
  /** Scores by the mean, or the largest, of their group (DepGraph, equation 7), so that layers may be compared. */
  normalize: 'none' | 'mean' | 'max';
}

export interface ImportanceContext {
  data: Dataset;
  seed: number;
  preprocessing?: Preprocessing;
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

/** Scores of each group's units, in their order: the larger, the later a unit goes. */
export async function unitScores(
  units: Units,
  groups: readonly UnitGroup[],
  options: ImportanceOptions,
  context: ImportanceContext,
): Promise<Float64Array[]> {
  if (options.criterion === 'surgeon') return surgeonScores(units, groups, options.samples, context);
  const criterion: Criterion = criteria[options.criterion];
  const kernels = kernelNames(units.graph);
  const counted = groups.map(({ axes }) =>
    axes.filter(
      ({ weight, axis }) =>
        kernels.has(weight.name) && (axis === 0 || (options.weights === 'all' && !criterion.ofOutputs)),
    ),
  );
  const names = [...new Set(counted.flat().map(({ weight }) => weight.name))];
  const { data, ...rest } = context;
  const evidence = await collectEvidence(units.graph, names, criterion.needs ?? [], data, {
    ...rest,
    samples: options.samples,
  });
  const scores = new Map(Array.from(evidence, ([name, kernel]) => [name, criterion.score(kernel)]));
  return groups.map((group, i) => {
    const slices = counted[i].map((place) =>
      sliceScores(units, group, place, scores.get(place.weight.name)!),
    );
    return normalized(reduced(slices, options), options);
  });
}

/** What pruning may touch. */
function kernelNames({ nodes }: Graph): Set<string> {
  return new Set(nodes.flatMap(({ op, weights }) => getOp(op).prunable.map((role) => weights[role] ?? '')));
}

/** Of each unit: the sum of the scores of a weight's elements that lie on it along an axis, and how many they are. */
interface Slices {
  sums: Float64Array;
  counts: Float64Array;
}

function sliceScores(
  units: Units,
  group: UnitGroup,
  { weight, axis }: WeightAxis,
  scores: Float64Array,
): Slices {
  const index = new Map(group.units.map((unit, i) => [unit, i]));
  const along = Array.from(units.along(weight, axis), (unit) => index.get(unit));
  const inner = elements(weight.shape.slice(axis + 1));
  const sums = new Float64Array(group.units.length);
  const counts = new Float64Array(group.units.length);
  scores.forEach((score, element) => {
    const unit = along[Math.floor(element / inner) % along.length];
    if (unit === undefined) return;
    sums[unit] += score;
    counts[unit]++;
  });
  return { sums, counts };
}

function reduced(slices: Slices[], { reduce }: ImportanceOptions): Float64Array {
  return slices[0].sums.map((_, unit) => {
    const sum = slices.reduce((total, { sums }) => total + sums[unit], 0);
    if (reduce === 'sum') return sum;
    if (reduce === 'mean') return sum / slices.reduce((total, { counts }) => total + counts[unit], 0);
    return Math.max(...slices.map(({ sums, counts }) => sums[unit] / counts[unit]));
  });
}

function normalized(scores: Float64Array, { normalize }: ImportanceOptions): Float64Array {
  if (normalize === 'none') return scores;
  const by =
    normalize === 'max' ? Math.max(...scores) : scores.reduce((sum, x) => sum + x, 0) / scores.length;
  return by > 0 ? scores.map((score) => score / by) : scores;
}
