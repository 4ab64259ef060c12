import t from 'tap';
import { clusterOf, kMeans, type Sample } from '../../../src/compress/quantize/k-means.js';
import { random, SEED } from '../../helpers/random.js';

const sampleOf = (values: number[], weights = values.map(() => 1)): Sample => ({
  values: Float64Array.from(values),
  weights: Float64Array.from(weights),
});

/** Weighted squared distance of all values to their clusters' centres. */
function distance(sample: Sample, k: number, options = {}): number {
  const clusters = kMeans(sample, { k, ...options });
  return sample.values.reduce(
    (sum, v, i) => sum + sample.weights[i] * (v - clusters.centres[clusterOf(clusters, v)]) ** 2,
    0,
  );
}

t.test('by hand: linear starts at 0 and 10, two rounds move the edge from 5 to 5.5', async (t) => {
  const { centres, edges } = kMeans(sampleOf([0, 1, 2, 9, 10]), { k: 2 });
  t.same([...centres], [1, 9.5]);
  t.same([...edges], [5.25]);
  t.equal(clusterOf({ centres, edges }, 5.25), 0, 'the lower one on an edge');
  t.equal(clusterOf({ centres, edges }, 5.26), 1);
});

t.test('weights pull centres', async (t) => {
  const { centres } = kMeans(sampleOf([0, 1, 10], [1, 3, 1]), { k: 2 });
  t.same([...centres], [0.75, 10]);
});

t.test('where it starts: linear reaches rare large values, density does not', async (t) => {
  const sample = sampleOf([...Array.from({ length: 98 }, (_, i) => i / 100), 10, 20]);
  const most = (initialization: 'linear' | 'density'): number =>
    kMeans(sample, { k: 4, initialization, rounds: 1 }).centres.at(-1)!;
  t.equal(most('linear'), 20);
  t.ok(most('density') < 20);
  t.same([...kMeans(sampleOf([5, 5, 5]), { k: 3 }).centres], [5], 'fewer values than clusters');
});

t.test(`more clusters are nearer, every start is near the best of many (SEED=${SEED})`, async (t) => {
  const { normal, next } = random();
  const sample = sampleOf(Array.from({ length: 2000 }, normal).sort((a, b) => a - b));
  const best = Math.min(
    ...Array.from({ length: 10 }, () => distance(sample, 8, { initialization: 'k-means++', random: next })),
  );
  // Lloyd-Max of 8 levels leaves 0.0345 of a normal number's variance (Max 1960).
  t.ok(Math.abs(best / 2000 - 0.0345) < 0.006, `${best / 2000}`);
  for (const initialization of ['linear', 'density']) {
    t.ok(distance(sample, 8, { initialization }) < 1.15 * best, initialization);
    t.ok(distance(sample, 16, { initialization }) < 0.5 * best);
  }
});

t.test(`a rate trades distance for shorter indices (SEED=${SEED})`, async (t) => {
  const { normal } = random();
  const sample = sampleOf(Array.from({ length: 2000 }, () => normal() * 20).sort((a, b) => a - b));
  const bits = (rate: number): number => {
    const clusters = kMeans(sample, { k: 16, rate });
    const counts = new Map<number, number>();
    for (const v of sample.values)
      counts.set(clusterOf(clusters, v), (counts.get(clusterOf(clusters, v)) ?? 0) + 1);
    return [...counts.values()].reduce((sum, n) => sum - (n / 2000) * Math.log2(n / 2000), 0);
  };
  t.ok(bits(20) < bits(0) - 0.1, `${bits(20)} of ${bits(0)}`);
  t.ok(distance(sample, 16, { rate: 20 }) > distance(sample, 16));
  const two = kMeans(sampleOf([0, 0, 0, 1]), { k: 2, rate: 10 });
  t.same([...two.centres], [0.25], 'a cluster that is not worth its bits is gone');
});
