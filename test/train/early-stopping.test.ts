import t from 'tap';
import {
  Batcher,
  fit,
  initialize,
  runTraining,
  sampling,
  selectBackend,
  Trainer,
  Watch,
  type Dataset,
} from '../../src/train/index.js';
import { blobs } from '../helpers/blobs.js';
import { perceptron } from '../helpers/graphs.js';
import { SEED } from '../helpers/random.js';

t.before(() => selectBackend({ prefer: 'cpu' }));

const data: Dataset = blobs({ inputShape: [4, 4, 2], seed: SEED });
const network = () => initialize(perceptron([12], [4, 4, 2], 4), 1);

t.test('samples are divided once, and held-out ones never trained', async (t) => {
  const { pool, validation, epochSamples } = sampling(128, 3, { validation: 0.25, subset: 20 });
  t.equal(validation.length, 32);
  t.equal(epochSamples, 20);
  t.same(
    [...pool, ...validation].toSorted((a, b) => a - b),
    Array.from({ length: 128 }, (_, i) => i),
  );
  t.same(sampling(128, 3, { validation: 0.25, subset: 20 }), { pool, validation, epochSamples });
  t.notSame(sampling(128, 4, { validation: 0.25 }).validation, validation);
  t.equal(sampling(128, 3, { subset: 20, draw: 'once' }).pool.length, 20);
  t.throws(() => sampling(3, 1, { validation: 0.9 }), { message: /either side of 0.9 of 3, got 3 held out/ });
  t.throws(() => sampling(3, 1, { validation: 0.1 }), { message: /got 0 held out/ });
});

t.test('subsets differ by epoch, or are one', async (t) => {
  const numbered = { ...data.train, y: Int32Array.from({ length: 128 }, (_, i) => i) };
  const drawn = async (draw: 'epoch' | 'once', epoch: number): Promise<number[]> => {
    const samples = sampling(128, 3, { subset: 20, draw });
    const batcher = new Batcher(numbered, { ...data, batch: 20, ...samples });
    return [...(await batcher.shuffled(0, epoch, 3)).y].toSorted((a, b) => a - b);
  };
  t.equal(new Set(await drawn('epoch', 0)).size, 20);
  t.notSame(await drawn('epoch', 0), await drawn('epoch', 1));
  t.same(await drawn('once', 0), await drawn('once', 1));
  t.same(await drawn('epoch', 1), await drawn('epoch', 1));
});

const options = { epochs: 30, batch: 16, learningRate: 0.3 };
const samples = sampling(128, 1, { validation: 0.25 });

t.test('stops after epochs without a better one, with the weights of the best', async (t) => {
  for (const measure of ['loss', 'accuracy'] as const) {
    const trainer = new Trainer(network());
    const watch = new Watch(data, samples.validation, { patience: 3, watch: measure });
    const seen: number[] = [];
    const onEpoch = ({ validation }: { validation?: number }): void => void seen.push(validation!);
    await runTraining(trainer, data, { ...options, samples, watch, onEpoch });
    const best = measure === 'loss' ? Math.min(...seen) : Math.max(...seen);
    t.equal(seen.length, Math.min(30, seen.indexOf(best) + 4), measure);
    t.equal(watch.state().best!.epoch, seen.indexOf(best));
    t.equal(
      await new Watch(data, samples.validation, { patience: 1, watch: measure }).observe(trainer, 0),
      best,
    );
  }
});

t.test('epochs before `watchFrom` do not count', async (t) => {
  const trainer = new Trainer(network());
  const watch = new Watch(data, samples.validation, { patience: 1 });
  const seen: (number | undefined)[] = [];
  const onEpoch = ({ validation }: { validation?: number }): void => void seen.push(validation);
  await runTraining(trainer, data, { ...options, epochs: 4, samples, watch, watchFrom: 3, onEpoch });
  t.same(
    seen.map((value) => value !== undefined),
    [false, false, true, true],
  );
  t.ok(watch.state().best!.epoch >= 2);
});

t.test('a fit that is cut off goes on to the same weights', async (t) => {
  const watchOf = (): Watch => new Watch(data, samples.validation, { patience: 3 });
  const whole = new Trainer(network());
  await runTraining(whole, data, { ...options, samples, watch: watchOf() });
  const cut = new Trainer(network());
  const watch = watchOf();
  const controller = new AbortController();
  const onStep = ({ step }: { step: number }): void => void (step === 9 && controller.abort());
  await t.rejects(runTraining(cut, data, { ...options, samples, watch, onStep, signal: controller.signal }));
  const [resumed, again] = [new Trainer(network()), watchOf()];
  resumed.restore(structuredClone(cut.state()));
  again.restore(structuredClone(watch.state()));
  await runTraining(resumed, data, { ...options, samples, watch: again });
  t.same(resumed.state().parameters, whole.state().parameters);
});

t.test('fit without a watch trains to the end', async (t) => {
  const { epochs } = await fit(network(), data, {
    epochs: 2,
    batch: 16,
    samples: { pool: samples.pool, epochSamples: 32 },
  });
  t.equal(epochs.length, 2);
});
