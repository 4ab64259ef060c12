import t from 'tap';
import {
  BINS,
  distributionOf,
  Gathering,
  isSteady,
} from '../../../../src/server/page/compare/distribution.js';

t.test('quantiles and bins of samples in any order', async (t) => {
  const samples = Array.from({ length: 101 }, (_, i) => ((i * 37) % 101) + 1);
  const of = distributionOf(samples, 1010);
  t.match(of, { median: 51, low: 6, high: 96, samples: 101, inferences: 1010 });
  t.equal(of.counts.length, BINS);
  t.equal(
    of.counts.reduce((sum, count) => sum + count, 0),
    101,
    'each sample is in one bin',
  );
});

t.test('one slow run does not squeeze the others into one bin', async (t) => {
  const { counts } = distributionOf([...Array.from({ length: 40 }, (_, i) => 1 + i / 40), 500], 41);
  t.ok(counts.filter((count) => count > 0).length > BINS / 2);
  t.ok(counts.at(-1)! >= 1, 'it is in the last');
});

t.test('equal samples are one bin', async (t) => {
  t.equal(distributionOf([2, 2, 2], 3).counts[0], 3);
});

t.test('gathered as they come, the newest kept', async (t) => {
  const gathering = new Gathering();
  t.equal(gathering.distribution, undefined);
  gathering.add([9, 9], 20);
  gathering.add(
    Array.from({ length: 1000 }, () => 1),
    5000,
  );
  t.match(gathering.distribution, { median: 1, high: 1, inferences: 5020 });
  gathering.clear();
  t.equal(gathering.distribution, undefined);
});

t.test('a median between two modes stands for nothing', async (t) => {
  const half = (n: number, ms: number) => Array.from({ length: n }, () => ms);
  t.ok(isSteady(distributionOf([...half(80, 1), ...half(20, 30)], 100)), 'a fifth of the samples disturbed');
  t.notOk(isSteady(distributionOf([...half(45, 1), ...half(55, 30)], 100)), 'more than half');
});
