import t from 'tap';
import { Batcher } from '../../src/train/batches.js';
import { mixUp } from '../../src/train/mixup.js';
import { randomStream } from '../../src/train/random.js';
import { SEED } from '../helpers/random.js';

t.test('each sample is mixed with the next as it was, the last with the first', (t) => {
  const draws = [0.25, 0.75, 0.9, 0.8, 0.5, 0.5, 0, 1];
  const x = Float32Array.of(0, 10, 100, 200, 1000, 4000);
  // Shares 1/4, then 0.9 + 0.8 > 1 is drawn again: 1/2, then 0.
  mixUp(x, 2, 1, () => draws.shift()!);
  t.same([...x], [75, 152.5, 550, 2100, 0, 10]);
  t.same(draws, []);
  const alone = Float32Array.of(3, 4);
  mixUp(alone, 2, 1, randomStream(SEED));
  t.same([...alone], [3, 4]);
  t.end();
});

t.test('shares are of Beta(alpha, alpha)', (t) => {
  const r = randomStream(SEED);
  for (const alpha of [0.2, 0.5, 1]) {
    const count = 20_000;
    const x = Float32Array.from({ length: count }, (_, i) => i % 2);
    mixUp(x, 1, alpha, r);
    // Even samples are 0 beside 1: each is 1 minus its share.
    const shares = x.filter((_, i) => i % 2 === 0);
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
    t.ok(Math.abs(mean - 0.5) < 0.02, `alpha ${alpha}: mean ${mean}, seed ${SEED}`);
    const wanted = 1 / (4 * (2 * alpha + 1));
    t.ok(Math.abs(variance - wanted) < 0.01, `alpha ${alpha}: variance ${variance} of ${wanted}`);
  }
  t.end();
});

t.test('shuffled batches: the same for the same seed, labels as they were', async (t) => {
  const split = {
    x: Uint8Array.from({ length: 32 }, (_, i) => 7 * i),
    y: Int32Array.from({ length: 8 }, (_, i) => i),
    count: 8,
  };
  const batcher = new Batcher(split, {
    batch: 4,
    preprocessing: { scale: 1, offset: 0 },
    inputShape: [2, 2, 1],
  });
  const read = async (mixup?: number) => {
    const { x, y } = await batcher.shuffled(1, 3, 5, { mixup });
    return [[...x], [...y]];
  };
  const [plain, mixed] = [await read(), await read(0.5)];
  t.same(await read(0.5), mixed);
  t.not(`${mixed[0]}`, `${plain[0]}`);
  t.same(mixed[1], plain[1]);
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  t.ok(
    mixed[0].every((value) => value >= Math.min(...plain[0]) && value <= Math.max(...plain[0])),
    `${sum(mixed[0])}`,
  );
});
