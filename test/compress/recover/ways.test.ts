/** What each way of pruning does to weights and masks, step by step. */
import t from 'tap';
import { parseRecipe } from '../../../src/compress/index.js';
import { countKept, Pruner, type GradualOptions } from '../../../src/compress/prune/index.js';
import { GradualPruning } from '../../../src/compress/recover/gradual.js';
import { LotteryPruning } from '../../../src/compress/recover/lottery.js';
import type { Pruning, PruningContext } from '../../../src/compress/recover/pruning.js';
import { SupermaskPruning } from '../../../src/compress/recover/supermask.js';
import { Batcher, readBack, selectBackend, Trainer } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { perceptron } from '../../helpers/graphs.js';
import { SEED } from '../../helpers/random.js';

const data = blobs({ inputShape: [4, 4, 1], train: 96, test: 32, seed: SEED });
const graph = perceptron([12, 8], [4, 4, 1], 4);
const KERNELS = ['fc1/kernel', 'fc2/kernel', 'logits/kernel'];
/** Ten steps an epoch, as the ways are told. */
const length = { steps: 20, stepsPerEpoch: 10 };

t.before(() => selectBackend({ prefer: 'cpu' }));

async function contextOf(schedule: object, recover: object = {}): Promise<PruningContext> {
  const recipe = parseRecipe({ prune: { sparsity: 0.75, schedule }, recover: { epochs: 2, ...recover } });
  const pruner = await Pruner.prepare(graph, recipe.prune!, { data, seed: 1 });
  return {
    trainer: new Trainer(graph),
    graph,
    pruner,
    prune: recipe.prune!,
    recover: recipe.recover,
    length,
  };
}

async function steps(pruning: Pruning, { trainer }: PruningContext, count: number): Promise<void> {
  const batcher = new Batcher(data.train, { ...data, batch: 16 });
  for (let done = 0; done < count; done++) {
    await pruning.beforeStep(trainer.step);
    pruning.apply(trainer.gradients(await batcher.at(trainer.step % 6)), 0.01);
  }
}

const copyOf = ({ parameters }: Trainer): Map<string, Float32Array> =>
  new Map([...parameters.values()].map(({ name, values }) => [name, values.slice()]));
const keptOf = ({ parameters }: Trainer): number[] =>
  KERNELS.map((name) => countKept({ data: Int8Array.from(parameters.get(name)!.mask!) }));

/** True where every parameter is as in `values` under its mask. */
const isRewound = ({ parameters }: Trainer, values: Map<string, Float32Array>): boolean =>
  [...parameters.values()].every((p) =>
    p.values.every((w, i) => w === (p.mask?.[i] === 0 ? 0 : values.get(p.name)![i])),
  );

t.test('lottery: back to the initial weights, to the bit, and the optimizer begins afresh', async (t) => {
  const context = await contextOf({ type: 'lottery', rounds: 2 });
  const { trainer } = context;
  const initial = copyOf(trainer);
  const pruning = new LotteryPruning(context, { type: 'lottery', rounds: 2, rewind: 'initial', epoch: 0 });
  t.equal(pruning.trainings.steps, 60);
  t.same([0, 19, 20, 39, 40, 59].map(pruning.trainings.rateStep), [0, 19, 0, 19, 0, 19]);
  await steps(pruning, context, 20);
  t.notOk(isRewound(trainer, initial), 'trained');
  await pruning.beforeStep(20);
  t.ok(isRewound(trainer, initial));
  t.same(keptOf(trainer), [96, 48, 16], 'half of 192, 96 and 32');
  t.ok([...trainer.parameters.values()].every(({ slots }) => slots.length === 0));
  await steps(pruning, context, 20);
  await pruning.beforeStep(40);
  t.ok(isRewound(trainer, initial));
  t.same(keptOf(trainer), [48, 24, 8]);
});

t.test('lottery: back to early weights', async (t) => {
  const lottery = { type: 'lottery', rounds: 1, rewind: 'early', epoch: 0.5 } as const;
  const context = await contextOf(lottery);
  const { trainer } = context;
  const pruning = new LotteryPruning(context, lottery);
  await steps(pruning, context, 5);
  const early = copyOf(trainer);
  await steps(pruning, context, 15);
  t.notOk(isRewound(trainer, early));
  await pruning.beforeStep(20);
  t.ok(isRewound(trainer, early));
  t.same([20, 34].map(pruning.trainings.rateStep), [5, 19]);
});

t.test('lottery: the learning rate alone goes back', async (t) => {
  const lottery = { type: 'lottery', rounds: 2, rewind: 'learning-rate', epoch: 0 } as const;
  const context = await contextOf({ type: 'lottery', rewind: 'learning-rate' });
  const { trainer } = context;
  const pruning = new LotteryPruning(context, lottery);
  t.equal(pruning.trainings.steps, 40, 'the given network is trained already');
  await steps(pruning, context, 20);
  const trained = copyOf(trainer);
  await pruning.beforeStep(20);
  t.ok(isRewound(trainer, trained), 'what is kept stays as it was trained');
  t.same(keptOf(trainer), [48, 24, 8]);
});

t.test('RigL: as many weights in every layer at every step, others in time', async (t) => {
  for (const by of ['gradient', 'random']) {
    const schedule = { type: 'constant', regrow: { by, fraction: 0.5, frequency: 3 } };
    const context = await contextOf(schedule);
    const { trainer } = context;
    const pruning = new GradualPruning(context, context.prune.schedule as GradualOptions);
    const masks = new Set<string>();
    for (let step = 0; step < 12; step++) {
      await steps(pruning, context, 1);
      t.same(keptOf(trainer), [48, 24, 8]);
      masks.add(KERNELS.map((name) => trainer.parameters.get(name)!.mask!.join('')).join(' '));
    }
    t.equal(masks.size, 4, `${by}: at first, and after steps 3, 6 and 9`);
    for (const { values, mask } of trainer.parameters.values())
      t.ok(
        values.every((w, i) => mask?.[i] !== 0 || w === 0),
        'pruned weights are zero',
      );
  }
});

t.test('RigL grows where the gradient is largest, from zero', async (t) => {
  const context = await contextOf({ type: 'constant', regrow: { fraction: 0.25, frequency: 1 } });
  const { trainer } = context;
  const pruning = new GradualPruning(context, context.prune.schedule as GradualOptions);
  await pruning.beforeStep(0);
  trainer.step = 1;
  const logits = trainer.parameters.get('logits/kernel')!;
  const before = logits.mask!.slice();
  const gradients = trainer.gradients(await new Batcher(data.train, { ...data, batch: 16 }).at(0));
  const ofLogits = gradients.values[trainer.trainable.indexOf(logits)].slice();
  pruning.apply(gradients, 0);
  const grown = [...before.keys()].filter((i) => before[i] === 0 && logits.mask![i] === 1);
  const absent = [...before.keys()].filter((i) => before[i] === 0 && logits.mask![i] === 0);
  t.ok(
    grown.length > 0 && grown.every((i) => logits.values[i] === 0),
    'the rate is 0: they stay where they began',
  );
  const least = Math.min(...grown.map((i) => Math.abs(ofLogits[i])));
  t.ok(absent.every((i) => Math.abs(ofLogits[i]) <= least));
});

t.test('supermask: no weight ever changes, the mask does', async (t) => {
  const context = await contextOf({ type: 'supermask' });
  const { trainer } = context;
  const given = copyOf(trainer);
  const pruning = new SupermaskPruning(context, { scores: 'magnitude', signed: false });
  const masks = new Set<string>();
  for (let step = 0; step < 10; step++) {
    await steps(pruning, context, 1);
    t.ok(isRewound(trainer, given), 'weights under the mask, biases as given');
    t.same(keptOf(trainer), [48, 24, 8]);
    masks.add(KERNELS.map((name) => trainer.parameters.get(name)!.mask!.join('')).join(' '));
  }
  t.ok(masks.size > 1, `${masks.size} masks`);
  t.equal(trainer.step, 10);
});

t.test('supermask: signed constants', async (t) => {
  const context = await contextOf({ type: 'supermask', signed: true, scores: 'random' });
  const pruning = new SupermaskPruning(context, { scores: 'random', signed: true });
  await steps(pruning, context, 3);
  const trained = readBack(graph, context.trainer.parameters);
  const size = Math.fround(Math.sqrt(2 / (0.25 * 16)));
  const sizes = new Set(Array.from(trained.weights.get('fc1/kernel')!.data, Math.abs));
  t.same([...sizes].sort(), [0, size]);
});

t.test('movement: accumulated -w g is kept in checkpoints and decides', async (t) => {
  const recipe = parseRecipe({
    prune: { sparsity: 0.75, criterion: 'movement', schedule: { type: 'constant', begin: 0.4 } },
    recover: { epochs: 2 },
  });
  const pruner = await Pruner.prepare(graph, recipe.prune!, { data, seed: 1 });
  const trainer = new Trainer(graph);
  const context: PruningContext = { trainer, graph, pruner, prune: recipe.prune!, length };
  const pruning = new GradualPruning(context, recipe.prune!.schedule as GradualOptions);
  const batcher = new Batcher(data.train, { ...data, batch: 16 });
  const logits = trainer.parameters.get('logits/kernel')!;
  const expected = new Float32Array(logits.values.length);
  for (let step = 0; step < 4; step++) {
    await pruning.beforeStep(step);
    const gradients = trainer.gradients(await batcher.at(step));
    const ofLogits = gradients.values[trainer.trainable.indexOf(logits)];
    expected.forEach((sum, i) => (expected[i] = sum - logits.values[i] * ofLogits[i]));
    pruning.apply(gradients, 0.01);
  }
  t.same((pruning.state() as Map<string, Float32Array>).get('logits/kernel'), expected);
  await pruning.beforeStep(4);
  const [kept, gone] = [1, 0].map((mark) => Array.from(expected).filter((_, i) => logits.mask![i] === mark));
  t.equal(kept.length, 8);
  t.ok(Math.min(...kept) >= Math.max(...gone), 'what moved away from zero stays');
});
