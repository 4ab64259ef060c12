import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import { compress, parseRecipe } from '../../../src/compress/index.js';
import { fakeQuantization } from '../../../src/compress/quantize/aware.js';
import { calibrate, quantizeGraph } from '../../../src/compress/quantize/index.js';
import type { Graph } from '../../../src/graph/index.js';
import { dequantizeValue } from '../../../src/ops/arithmetic.js';
import { prepareForExport } from '../../../src/passes/index.js';
import { referenceTensors } from '../../../src/reference/run.js';
import { fit, forward, initialize, readBack, selectBackend, Trainer } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { SEED } from '../../helpers/random.js';

const data = blobs({ inputShape: [6, 6, 2], train: 160, test: 48, seed: SEED });

/** A residual network with pools, a function, and two dense layers. */
const network = (): Graph =>
  new GraphBuilder([6, 6, 2], 5)
    .add('conv2d', { pads: [1, 1, 1, 1] }, { kernel: [6, 3, 3, 2] }, { name: 'conv1' })
    .add('batch_norm', {}, { gamma: [6], beta: [6], mean: [6], variance: [6] })
    .add('relu', {}, {}, { name: 'first' })
    .add(
      'depthwise_conv2d',
      { pads: [1, 1, 1, 1] },
      { kernel: [6, 3, 3, 1], bias: [6] },
      { name: 'depthwise' },
    )
    .add('conv2d', {}, { kernel: [6, 1, 1, 6], bias: [6] }, { name: 'conv2' })
    .add('add', { activation: 'relu6' }, {}, { inputs: ['conv2', 'first'], name: 'sum' })
    .add('max_pool2d', { size: [2, 2], strides: [2, 2] })
    .add('sigmoid')
    .add('reshape', {}, {}, { shape: [54] })
    .add('dense', { activation: 'relu' }, { kernel: [16, 54], bias: [16] }, { name: 'fc1' })
    .add('dense', {}, { kernel: [4, 16], bias: [4] }, { name: 'logits' })
    .add('softmax', {}, {}, { name: 'scores' }).graph;

let dense: Graph;

t.before(async () => {
  await selectBackend({ prefer: 'wasm' });
  const options = { epochs: 12, batch: 16, learningRate: 0.01, statisticsMomentum: 0.8 };
  dense = (await fit(initialize(network(), 2), data, options)).graph;
});

t.test(`training sees what the int8 graph computes (SEED=${SEED})`, async (t) => {
  const folded = prepareForExport(dense);
  const calibration = { calibration: 'minmax', percentile: 100, samples: 64, seed: 1 } as const;
  const measured = await calibrate(folded, data, calibration);
  const ranges = new Map([...measured].map(([name, { min, max }]) => [name, { min, max }]));
  const size = 72;
  const x = Float32Array.from(data.test.x as Uint8Array, (v) => v / 255).subarray(0, 20 * size);
  for (const bits of [8, 3])
    for (const per of ['channel', 'tensor'] as const) {
      const options = { ...parseRecipe({ quantize: {} }).quantize!, weights: { bits, per } };
      const trainer = new Trainer(folded);
      trainer.fake = fakeQuantization(folded, ranges, options);
      const parameters = [...trainer.parameters.values()].map((p) => ({ ...p, values: trainer.valuesOf(p) }));
      const rounded = readBack(folded, new Map(parameters.map((p) => [p.name, p])));
      const int8 = quantizeGraph(rounded, ranges, options);
      const weights = new Map(parameters.map((p) => [p.name, tf.tensor(p.values, p.shape)]));
      const seen = new Map<string, Float32Array>();
      forward(folded, weights, tf.tensor(x, [20, 6, 6, 2]), {
        fake: fakeQuantization(folded, ranges, options),
        onTensor: (name, values) => void seen.set(name, values.dataSync() as Float32Array),
      });
      let [compared, equal] = [0, 0];
      for (let sample = 0; sample < 20; sample++) {
        const values = referenceTensors(int8, [x.subarray(sample * size, (sample + 1) * size)]);
        for (const [name, { dtype, quantization }] of int8.tensors) {
          const got = seen.get(name);
          const want = values.get(name);
          if (!got || !want || dtype !== 'i8') continue;
          const each = want.length;
          for (let i = 0; i < each; i++) {
            const difference = Math.abs(got[sample * each + i] - dequantizeValue(want[i], quantization!));
            compared++;
            if (difference < quantization!.scale * 1e-3) equal++;
            else if (difference > 1.01 * quantization!.scale)
              t.fail(`${name}: ${difference / quantization!.scale} steps`);
          }
        }
      }
      t.ok(compared > 10_000, `${compared} values`);
      t.ok(equal / compared > 0.999, `${bits} bits per ${per}: ${equal} of ${compared} are equal`);
    }
});

const recipe = {
  prune: { sparsity: 0.5, dense: ['logits'], schedule: { type: 'constant', begin: 0 } },
  recover: { epochs: 1, batch: 16 },
  quantize: {
    weights: { bits: 3 },
    activations: { samples: 64 },
    train: {
      epochs: 5,
      batch: 16,
      optimizer: { type: 'adam', learningRate: 0.01 },
      learningRateSchedule: { type: 'cosine' },
      distill: { weight: 0.5 },
    },
  },
};

t.test('three-bit weights: trained ones are right as often at least, and stay pruned', async (t) => {
  const plain = await compress(
    dense,
    { ...recipe, quantize: { ...recipe.quantize, train: undefined } },
    { data },
  );
  const trained = await compress(dense, recipe, { data });
  const [before, after] = [plain, trained].map(({ report }) => report.final.accuracy!);
  t.ok(after >= before, `${before} before, ${after} after`);
  const pruned = trained.report.history.findLast(({ stage }) => stage === 'recover')!.sparsity!;
  t.ok(trained.report.sparsity >= pruned, `${trained.report.sparsity} of ${pruned}`);
  const epochs = trained.report.history.filter(({ stage }) => stage === 'quantize-aware');
  t.equal(epochs.length, 5);
  t.ok(epochs[4].loss! < 0.8 * epochs[0].loss!, `loss from ${epochs[0].loss} to ${epochs[4].loss}`);
});

t.test('cut off and resumed it gives the same file', async (t) => {
  const whole = await compress(dense, recipe, { data });
  const folder = mkdtempSync(join(tmpdir(), 'lopper-aware-'));
  const cut = new AbortController();
  await t.rejects(
    compress(dense, recipe, {
      data,
      checkpoint: { folder },
      signal: cut.signal,
      onProgress: ({ phase, done }) => void (phase === 'quantize-aware' && done === 14 && cut.abort()),
    }),
  );
  t.ok(existsSync(join(folder, 'training.ckpt')));
  const resumed = await compress(dense, recipe, { data, checkpoint: { folder, resume: true } });
  t.same(resumed.bytes, whole.bytes);
});
