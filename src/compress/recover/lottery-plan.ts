import type { Length } from '../../train/index.js';
import { sameShare } from '../prune/schedule.js';

/**
 * Iterative pruning with rewinding (the lottery ticket hypothesis, Frankle and Carbin 2019): train, prune the same part of what is left,
 * go back, train again, `rounds` times.
 */
export interface Lottery {
  type: 'lottery';
  rounds: number;
  /**
   * What goes back after each pruning: weights and learning rate to the beginning (`initial`, Frankle and Carbin 2019) or to the epoch
   * `epoch` of the first training (`early`, Frankle et al. 2020), or the learning rate alone (Renda et al. 2020).
   */
  rewind: 'initial' | 'early' | 'learning-rate';
  /** Where `rewind` goes back to; 0 unless it is `early`. */
  epoch: number;
}

/** One training of several. All are in steps. */
export interface Training {
  /** 0 for the dense network's. */
  round: number;
  /** First step, over all trainings. */
  start: number;
  /** First step of the learning rate's schedule. */
  from: number;
  steps: number;
  /** Time of the sparsity that holds in it: `round / rounds`. */
  time: number;
}

/**
 * The trainings of a lottery, of which each would take `length` by itself. A training that goes back to `epoch` leaves out what came
 * before. `dense` false: the network is trained already, and the first one is left out.
 */
export function lotteryTrainings(
  { rounds, epoch }: Lottery,
  { steps, stepsPerEpoch }: Length,
  dense: boolean,
): Training[] {
  const trainings: Training[] = [];
  let start = 0;
  for (let round = dense ? 0 : 1; round <= rounds; round++) {
    const from = round === 0 ? 0 : Math.round(epoch * stepsPerEpoch);
    trainings.push({ round, start, from, steps: steps - from, time: round / rounds });
    start += steps - from;
  }
  return trainings;
}

/** Steps of all trainings. */
export function stepsOf(trainings: readonly Training[]): number {
  const { start, steps } = trainings.at(-1)!;
  return start + steps;
}

/**
 * Whether a lottery begins by training the dense network. Rewinding the learning rate starts from a trained one: the one that is given,
 * unless it is to be made here.
 */
export function trainsDense({ rewind }: Pick<Lottery, 'rewind'>, initialize: boolean): boolean {
  return rewind !== 'learning-rate' || initialize;
}

/** The training that `step` is in; the last one where it is behind all. */
export function trainingAt(trainings: readonly Training[], step: number): Training {
  return trainings.findLast(({ start }) => start <= step)!;
}

/** Sparsity of the training at `time`: each round prunes the same part of what is left, and the last reaches `final`. */
export function lotterySparsity(final: number, time: number): number {
  return time >= 1 ? final : sameShare(0, final, time);
}
