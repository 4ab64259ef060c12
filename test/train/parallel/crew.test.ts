import t from 'tap';
import {
  Batcher,
  Crew,
  initialize,
  selectBackend,
  Trainer,
  type Batch,
  type Gradients,
} from '../../../src/train/index.js';
import { combine, splitBatch } from '../../../src/train/parallel/shards.js';
import { blobs } from '../../helpers/blobs.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { SEED } from '../../helpers/random.js';

t.before(() => selectBackend({ prefer: 'wasm' }));

const data = blobs({ inputShape: [4, 4, 2], seed: SEED });
const batchOf = (size: number, index = 0): Promise<Batch> =>
  new Batcher(data.train, { ...data, batch: size }).at(index);

/** With dropout, and batch norm where asked. */
function network(norm: boolean): Trainer {
  const builder = new GraphBuilder([4, 4, 2], 5).add('conv2d', {}, { kernel: [6, 3, 3, 2], bias: [6] });
  if (norm) builder.add('batch_norm', {}, { gamma: [6], beta: [6], mean: [6], variance: [6] });
  builder
    .add('relu')
    .add('reshape', {}, {}, { shape: [24] })
    .add('dropout', { rate: norm ? 0.2 : 0 })
    .add('dense', {}, { kernel: [4, 24], bias: [4] });
  return new Trainer(initialize(builder.graph, 3), { seed: SEED });
}

const bitsOf = ({ values, statistics, score }: Gradients): unknown => [values, statistics, score];

t.test('a batch in parts: in order, nearly equal, no empty one', async (t) => {
  const batch = await batchOf(10);
  const parts = splitBatch(batch, 4);
  t.same(
    parts.map(({ count }) => count),
    [2, 3, 2, 3],
  );
  t.same(Float32Array.from(parts.flatMap(({ x }) => [...x])), batch.x);
  t.same(Int32Array.from(parts.flatMap(({ y }) => [...y])), batch.y);
  t.equal(splitBatch(await batchOf(2), 4).length, 2);
});

t.test('shards are averaged by their samples', async (t) => {
  const shard = (count: number, value: number): Gradients & { count: number } => ({
    count,
    score: { loss: value, correct: count },
    values: [Float32Array.of(value, 2 * value)],
    statistics: [['mean', Float32Array.of(-value)]],
  });
  t.same(combine([shard(1, 4), shard(3, 8)]), {
    score: { loss: 7, correct: 4 },
    values: [Float32Array.of(7, 14)],
    statistics: [['mean', Float32Array.of(-7)]],
  });
});

t.test('without batch norm shards give the gradients of the whole batch', async (t) => {
  const trainer = network(false);
  const batch = await batchOf(30);
  const whole = trainer.gradients(batch);
  const crew = await Crew.open(trainer, { shards: 4, workers: 1 });
  const sharded = await crew.gradients(batch);
  t.equal(sharded.score.correct, whole.score.correct);
  for (const [i, values] of whole.values.entries()) {
    const scale = Math.max(...values.map(Math.abs));
    const worst = Math.max(...values.map((value, j) => Math.abs(value - sharded.values[i][j])));
    t.ok(worst <= 64 * 2 ** -24 * scale, `${trainer.trainable[i].name}: ${worst} of ${scale}`);
  }
});

t.test(
  'threads give the bits that one thread gives, over steps, batch norm and dropout included',
  async (t) => {
    const [alone, together] = [network(true), network(true)];
    const one = await Crew.open(alone, { shards: 3, workers: 1 });
    const three = await Crew.open(together, { shards: 3, workers: 3 });
    t.teardown(() => three.close());
    for (let step = 0; step < 4; step++) {
      const batch = await batchOf(16 - step, step);
      const expected = await one.gradients(batch);
      const got = await three.gradients(batch);
      t.same(bitsOf(got), bitsOf(expected), `step ${step}`);
      alone.apply(expected, 0.01);
      together.apply(got, 0.01);
    }
    t.same(together.state(), alone.state());
  },
);

t.test('a thread that ends is an error, not a wait', async (t) => {
  const trainer = network(false);
  const crew = await Crew.open(trainer, { shards: 2, workers: 2 });
  await crew.close();
  await t.rejects(crew.gradients(await batchOf(8)), { message: /training thread: expected an answer/ });
});
