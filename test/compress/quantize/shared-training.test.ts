import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { compress } from '../../../src/compress/index.js';
import { SharedTraining } from '../../../src/compress/quantize/shared-training.js';
import { lopStatistics } from '../../../src/format/index.js';
import { selectBackend, Trainer } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { SEED } from '../../helpers/random.js';

t.before(() => selectBackend({ prefer: 'wasm' }));

t.test('by hand: an entry moves by the sum of its gradients, and all its weights with it', async (t) => {
  const { graph } = new GraphBuilder([3]).add('dense', {}, { kernel: [2, 3], bias: [2] }, { name: 'a' });
  const trainer = new Trainer(graph, { optimizer: { type: 'sgd', momentum: 0 } });
  // Scales of 1 and 7: their root mean square is 5, so that weights are [0.2, 0.2] and [1.4, 1.4] of the entries 5 * [2, -4].
  const kernel = { data: Int8Array.of(2, -4, 0, 2, 2, -4), scale: Float32Array.of(1, 7) };
  const start = new Map([['a/kernel', kernel]]);
  const shared = new SharedTraining(trainer, start);
  const parameter = trainer.parameters.get('a/kernel')!;
  // In tfjs [inputs, outputs].
  t.same([...parameter.values].map(Math.round), [2, 14, -4, 14, 0, -28]);
  const kernelGradient = Float32Array.of(1, 1, 0, 0, 9, 1);
  const values = trainer.trainable.map(({ role }) =>
    role === 'kernel' ? kernelGradient : Float32Array.of(1, 0),
  );
  const before = [...trainer.parameters.get('a/bias')!.values];
  shared.apply({ score: { loss: 0, correct: 0 }, values, statistics: [] }, 0.5);
  // Entry 2: 0.2 * 1 + 1.4 * 1 + 1.4 * 0 = 1.6, so 10 - 0.8; entry -4: 0.2 * 0 + 1.4 * 1 = 1.4, so -20 - 0.7. Zero stays.
  const want = [0.2 * 9.2, 1.4 * 9.2, 0.2 * -20.7, 1.4 * 9.2, 0, 1.4 * -20.7];
  parameter.values.forEach((w, i) => t.ok(Math.abs(w - want[i]) < 1e-5, `${w}, want ${want[i]}`));
  t.ok(Math.abs(trainer.parameters.get('a/bias')!.values[0] - (before[0] - 0.5)) < 1e-6);
  t.equal(trainer.step, 1);
  t.same(
    [...shared.kernels(start).get('a/kernel')!.data],
    [2, -4, 0, 2, 2, -4],
    '9.2 / 5 and -20.7 / 5, rounded',
  );
});

t.test(`a recipe: two entries a layer learn what they lost (SEED=${SEED})`, async (t) => {
  const data = blobs({ inputShape: [6, 6, 2], train: 256, test: 128, seed: SEED });
  const { graph } = new GraphBuilder([6, 6, 2], 5)
    .add('conv2d', { activation: 'relu' }, { kernel: [16, 3, 3, 2], bias: [16] }, { name: 'a' })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [4, 16], bias: [4] }, { name: 'b' })
    .add('softmax', {}, {}, { name: 'scores' });
  const recipe = (train: object | undefined) => ({
    quantize: { weights: { codebook: 4 }, activations: { samples: 64 }, train },
  });
  const train = { epochs: 8, batch: 16, optimizer: { type: 'adam', learningRate: 0.02 } };
  const plain = await compress(graph, recipe(undefined), { data });
  const trained = await compress(graph, recipe(train), { data });
  const [before, after] = [plain, trained].map(({ report }) => report.final.accuracy!);
  t.ok(after > before + 0.1, `${before} to ${after}`);
  const kernels = lopStatistics(trained.bytes).weights.filter(({ role }) => role === 'kernel');
  t.ok(
    kernels.every(({ value_bytes, params }) => value_bytes <= params / 4 + 5),
    'two bits a weight',
  );
  t.ok(
    Buffer.from((await compress(graph, recipe(train), { data })).bytes).equals(Buffer.from(trained.bytes)),
  );
  await t.rejects(
    compress(
      graph,
      { quantize: { ...recipe(train).quantize, weights: { codebook: { entries: 4, values: 'f32' } } } },
      { data },
    ),
    /codebook.values: expected "i8" with train, got "f32"/,
  );
});

t.test('one layer of several shares weights; cut off and resumed it gives the same file', async (t) => {
  const data = blobs({ inputShape: [6, 6, 2], train: 128, test: 64, seed: SEED });
  const { graph } = new GraphBuilder([6, 6, 2], 5)
    .add('conv2d', { activation: 'relu' }, { kernel: [16, 3, 3, 2], bias: [16] }, { name: 'a' })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [4, 16], bias: [4] }, { name: 'b' })
    .add('softmax', {}, {}, { name: 'scores' });
  const train = { epochs: 3, batch: 16, optimizer: { type: 'adam', learningRate: 0.02 } };
  const recipe = { quantize: { layers: { a: { codebook: 4 } }, activations: { samples: 64 }, train } };
  const whole = await compress(graph, recipe, { data });
  const [a, b] = lopStatistics(whole.bytes).weights.filter(({ role }) => role === 'kernel');
  t.ok(
    a.value_bytes <= a.params / 4 + 5 && b.value_bytes > b.params / 2,
    `${a.value_bytes}, ${b.value_bytes}`,
  );
  t.ok(whole.report.history.some(({ stage }) => stage === 'shared-weights'));
  const folder = mkdtempSync(join(tmpdir(), 'lopper-shared-'));
  const cut = new AbortController();
  await t.rejects(
    compress(graph, recipe, {
      data,
      checkpoint: { folder },
      signal: cut.signal,
      onProgress: ({ phase, done }) => void (phase === 'quantize-aware' && done === 11 && cut.abort()),
    }),
  );
  const resumed = await compress(graph, recipe, { data, checkpoint: { folder, resume: true } });
  t.same(resumed.bytes, whole.bytes);
  const real = { quantize: { ...recipe.quantize, layers: { a: { codebook: 4, values: 'f32' } } } };
  await t.rejects(compress(graph, real, { data }), /layers.a.values: expected "i8" with train, got "f32"/);
});
