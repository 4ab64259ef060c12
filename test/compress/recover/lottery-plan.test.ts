import t from 'tap';
import {
  lotterySparsity,
  lotteryTrainings,
  trainingAt,
  type Lottery,
} from '../../../src/compress/recover/lottery-plan.js';

const length = { steps: 50, stepsPerEpoch: 10 };
const lottery = (changes: Partial<Lottery>): Lottery => {
  return { type: 'lottery', rounds: 2, rewind: 'initial', epoch: 0, ...changes };
};

t.test('to initial weights: the dense training, and a whole one each round', (t) => {
  t.same(lotteryTrainings(lottery({}), length, true), [
    { round: 0, start: 0, from: 0, steps: 50, time: 0 },
    { round: 1, start: 50, from: 0, steps: 50, time: 0.5 },
    { round: 2, start: 100, from: 0, steps: 50, time: 1 },
  ]);
  t.end();
});

t.test('to early weights: later trainings leave out the beginning', (t) => {
  t.same(lotteryTrainings(lottery({ rewind: 'early', epoch: 1.5 }), length, true), [
    { round: 0, start: 0, from: 0, steps: 50, time: 0 },
    { round: 1, start: 50, from: 15, steps: 35, time: 0.5 },
    { round: 2, start: 85, from: 15, steps: 35, time: 1 },
  ]);
  t.end();
});

t.test('a trained network is pruned at once', (t) => {
  t.same(
    lotteryTrainings(lottery({ rewind: 'learning-rate', rounds: 3 }), length, false).map(
      ({ round, start }) => [round, start],
    ),
    [
      [1, 0],
      [2, 50],
      [3, 100],
    ],
  );
  t.end();
});

t.test('a step belongs to one training', (t) => {
  const trainings = lotteryTrainings(lottery({ rewind: 'early', epoch: 1 }), length, true);
  t.same(
    [0, 49, 50, 89, 90, 129, 130].map((step) => trainingAt(trainings, step).round),
    [0, 0, 1, 1, 2, 2, 2],
  );
  t.end();
});

t.test('each round prunes the same part of what is left', (t) => {
  const left = [1, 2, 3].map((round) => 1 - lotterySparsity(0.488, round / 3));
  [0.8, 0.64, 0.512].forEach((expected, i) => t.ok(Math.abs(left[i] - expected) < 1e-12, `${left[i]}`));
  t.equal(lotterySparsity(0.97, 1), 0.97);
  t.equal(lotterySparsity(0.97, 0), 0);
  t.end();
});
