import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { compress, parseRecipe } from '../../../src/compress/index.js';
import { fit, initialize, selectBackend, type Dataset } from '../../../src/train/index.js';
import type { Graph } from '../../../src/graph/index.js';
import { blobs } from '../../helpers/blobs.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { SEED } from '../../helpers/random.js';

const data: Dataset = blobs({ inputShape: [6, 6, 2], train: 160, test: 48, seed: SEED });
let dense: Graph;

t.before(async () => {
  await selectBackend({ prefer: 'wasm' });
  const { graph } = new GraphBuilder([6, 6, 2], 5)
    .add('conv2d', { pads: [1, 1, 1, 1] }, { kernel: [8, 3, 3, 2] }, { name: 'conv1' })
    .add('batch_norm', {}, { gamma: [8], beta: [8], mean: [8], variance: [8] }, { name: 'norm' })
    .add('relu')
    .add('reshape', {}, {}, { shape: [288] })
    .add('dense', {}, { kernel: [4, 288], bias: [4] }, { name: 'logits' })
    .add('softmax', {}, {}, { name: 'scores' });
  const options = { epochs: 6, batch: 16, learningRate: 0.01, statisticsMomentum: 0.8 };
  dense = (await fit(initialize(graph, 2), data, options)).graph;
});

const prune = { sparsity: 0.75, dense: ['logits'], schedule: { end: 1, frequency: 3 } };
const everything = {
  prune,
  recover: {
    epochs: 12,
    batch: 16,
    optimizer: { type: 'adam', learningRate: 0.05 },
    regularize: { l1: 1e-4, l2: 1e-4, group: 1e-4, groups: 'block' },
    clipNorm: 1,
    labelSmoothing: 0.1,
    distill: { weight: 0.5, features: 0.1 },
    subset: { samples: 96 },
    earlyStopping: { validation: 0.2, patience: 2 },
  },
};

t.test('cut off and resumed it gives the same file, with everything on', async (t) => {
  const whole = await compress(dense, everything, { data });
  const folder = mkdtempSync(join(tmpdir(), 'lopper-recover-'));
  const cut = new AbortController();
  const onProgress = ({ phase, done }: { phase: string; done: number }): void =>
    void (phase === 'recover' && done === 15 && cut.abort());
  await t.rejects(
    compress(dense, everything, { data, checkpoint: { folder }, signal: cut.signal, onProgress }),
  );
  t.ok(existsSync(join(folder, 'training.ckpt')));
  const resumed = await compress(dense, everything, { data, checkpoint: { folder, resume: true } });
  t.same(resumed.bytes, whole.bytes);
  const validations = whole.report.history.filter(({ validation }) => validation !== undefined);
  t.ok(validations.length >= 3 && validations.length < 13, `${validations.length} epochs were watched`);
});

t.test('a teacher trains without labels', async (t) => {
  const unlabelled: Dataset = {
    ...data,
    train: { x: data.train.x, count: data.train.count },
    test: { x: data.test.x, count: data.test.count },
  };
  const recover = { epochs: 3, batch: 16, distill: { weight: 1 } };
  const { report } = await compress(dense, { prune, recover }, { data: unlabelled });
  t.ok(report.final.agreement! > 0.7, `agrees on ${report.final.agreement}`);
  const labelled = compress(dense, { prune, recover: { ...recover, distill: {} } }, { data: unlabelled });
  await t.rejects(labelled, { message: /recover.distill the weight 1/ });
});

t.test('frozen averages of batch norm stay', async (t) => {
  const recover = { epochs: 1, batch: 16, batchNorm: 'freeze' };
  const means: number[][] = [];
  for (const batchNorm of ['freeze', 'update'] as const) {
    const options = { epochs: 1, batch: 16, frozenStatistics: batchNorm === recover.batchNorm };
    const { graph } = await fit(dense, data, options);
    means.push([...graph.weights.get('norm/mean')!.data]);
  }
  const before = [...dense.weights.get('norm/mean')!.data];
  t.same(means[0], before);
  t.notSame(means[1], before);
  await t.resolves(compress(dense, { recover }, { data }));
});

t.test('what makes no sense is refused by name', (t) => {
  const cases: [recipe: object, message: RegExp][] = [
    [
      { recover: { epochs: 1, regularize: { groups: 'block' } } },
      /recover.regularize.groups: expected "output"/,
    ],
    [
      { recover: { epochs: 1, labelSmoothing: 0.1, distill: { weight: 1 } } },
      /recover.labelSmoothing: expected 0/,
    ],
    [
      { recover: { epochs: 1, mixup: 0.5, distill: { weight: 0.9 } } },
      /recover.mixup: expected none without distill.weight 1/,
    ],
    [
      { quantize: { train: { epochs: 1, mixup: 0.5 } } },
      /quantize.train.mixup: expected none without distill.weight 1/,
    ],
    [
      { prune: { sparsity: 0.5, schedule: { end: 2 } }, recover: { epochs: 2, earlyStopping: {} } },
      /recover.earlyStopping: expected pruning to end an epoch before the last \(by 1\), got/,
    ],
    [
      { recover: { epochs: 1, distill: { weight: 2 } } },
      /distill.weight: expected a number in \[0, 1\], got 2/,
    ],
    [{ quantize: { train: { epochs: 1 }, refine: {} } }, /quantize.refine: expected none with train/],
  ];
  for (const [recipe, message] of cases)
    t.throws(() => parseRecipe(recipe), { name: 'RecipeError', message });
  t.end();
});
