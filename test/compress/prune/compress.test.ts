import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { compress, type CompressOptions } from '../../../src/compress/index.js';
import { readLop } from '../../../src/format/index.js';
import type { Graph, Weight } from '../../../src/graph/index.js';
import { fit, initialize, selectBackend } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { GraphBuilder } from '../../helpers/graphs.js';

const data = blobs({ inputShape: [6, 6, 4], train: 96, test: 32 });
let dense: Graph;

t.before(async () => {
  await selectBackend({ prefer: 'wasm' });
  const { graph } = new GraphBuilder([6, 6, 4], 5)
    .add('conv2d', { pads: [1, 1, 1, 1] }, { kernel: [8, 3, 3, 4] }, { name: 'conv' })
    .add('batch_norm', {}, { gamma: [8], beta: [8], mean: [8], variance: [8] })
    .add('relu')
    .add('max_pool2d', { size: [3, 3], strides: [3, 3] })
    .add('reshape', {}, {}, { shape: [32] })
    .add('dense', { activation: 'relu' }, { kernel: [12, 32], bias: [12] }, { name: 'fc' })
    .add('dense', {}, { kernel: [4, 12], bias: [4] }, { name: 'logits' })
    .add('softmax', {}, {}, { name: 'scores' });
  const options = { epochs: 4, batch: 16, learningRate: 0.01, statisticsMomentum: 0.8 };
  dense = (await fit(initialize(graph, 2), data, options)).graph;
});

const quick: Omit<CompressOptions, 'data'> = {
  measureOriginal: false,
  evaluateFile: async () => ({ accuracy: NaN, top5: NaN, count: 0 }),
};

async function kernels(
  recipe: object,
  options: Partial<CompressOptions> = {},
): Promise<Record<string, Weight>> {
  const { bytes } = await compress(dense, { quantize: {}, ...recipe }, { data, ...quick, ...options });
  const model = readLop(bytes);
  return Object.fromEntries(
    model.nodes
      .filter(({ weights }) => weights.kernel !== undefined)
      .map(({ name, weights }) => [name, model.weights.get(weights.kernel)!]),
  );
}

const kept = ({ data: values }: Weight): number => values.filter((value) => value !== 0).length;

t.test('N:M: at most n of m in the file', async (t) => {
  const { conv, fc, logits } = await kernels({ prune: { pattern: [1, 4], dense: ['logits'] } });
  for (const { data: values } of [conv, fc])
    for (let at = 0; at < values.length; at += 4)
      t.ok(values.subarray(at, at + 4).filter((value) => value !== 0).length <= 1);
  t.ok(kept(logits) > 24);
});

t.test('neurons: whole rows, in wide blocks', async (t) => {
  const { conv, fc, logits } = await kernels({
    prune: { unit: 'neuron', criterion: 'activation', samples: 32, sparsity: 0.5 },
  });
  const rows = ({ data: values, shape: [outputs] }: Weight): number[] =>
    Array.from({ length: outputs }, (_, o) => {
      const length = values.length / outputs;
      return values.subarray(o * length, (o + 1) * length).filter((value) => value !== 0).length;
    });
  t.equal(rows(conv).filter((count) => count === 0).length, 4);
  t.equal(rows(fc).filter((count) => count === 0).length, 6);
  t.ok(rows(logits).every((count) => count > 0));
  t.same(
    [conv.block, fc.block],
    [
      [1, 4],
      [1, 16],
    ],
  );
});

t.test('criteria with evidence, before and during training', async (t) => {
  const phases = new Set<string>();
  const onProgress: CompressOptions['onProgress'] = ({ phase }) => void phases.add(phase);
  const count = async (recipe: object): Promise<number> => kept((await kernels(recipe, { onProgress })).fc);
  const most = Math.round(0.25 * 12 * 32);
  t.ok((await count({ prune: { criterion: 'wanda', samples: 32, sparsity: 0.75 } })) <= most);
  t.ok(phases.has('score'));
  const recover = { epochs: 1, batch: 16 };
  const schedule = { type: 'constant', begin: 0.5 };
  for (const criterion of ['movement', 'taylor'])
    t.ok(
      (await count({ prune: { criterion, samples: 16, sparsity: 0.75, schedule }, recover })) <= most,
      criterion,
    );
});

t.test('a scan that was cut off goes on to the same bytes', async (t) => {
  const prune = { scope: 'sensitivity', samples: 32, sparsity: 0.7, schedule: { frequency: 1, end: 1.5 } };
  const recipe = { prune, recover: { epochs: 2, batch: 16 } };
  const { bytes } = await compress(dense, recipe, { data, ...quick });
  const checkpoint = { folder: mkdtempSync(join(tmpdir(), 'lopper-')) };
  const controller = new AbortController();
  const onProgress: CompressOptions['onProgress'] = ({ phase, done }) => {
    if (phase === 'recover' && done === 8) controller.abort(new Error('cut off'));
  };
  const first = compress(dense, recipe, {
    data,
    ...quick,
    checkpoint,
    onProgress,
    signal: controller.signal,
  });
  await t.rejects(first, /cut off/);
  const scored: number[] = [];
  const resumed = await compress(dense, recipe, {
    data,
    ...quick,
    checkpoint: { ...checkpoint, resume: true },
    onProgress: ({ phase, done }) => void (phase === 'score' && scored.push(done)),
  });
  t.same(scored, [], 'nothing is scanned again');
  t.same(resumed.bytes, bytes);
});
