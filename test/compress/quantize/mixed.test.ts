import t from 'tap';
import { agreements, divergence, squaredChange } from '../../../src/compress/quantize/damage.js';
import {
  calibrate,
  mixedPrecision,
  quantizeGraph,
  type Precision,
} from '../../../src/compress/quantize/index.js';
import { layersAround, paretoChoices } from '../../../src/compress/quantize/mixed-choice.js';
import { changesOf } from '../../../src/compress/quantize/changes.js';
import { simulate } from '../../../src/compress/quantize/simulate.js';
import { tensor } from '@tensorflow/tfjs-core';
import { writeLop } from '../../../src/format/index.js';
import { GraphIndex, type Graph } from '../../../src/graph/index.js';
import { runReference } from '../../../src/reference/run.js';
import { selectBackend, valuesOf } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { SEED } from '../../helpers/random.js';

const data = blobs({ inputShape: [6, 6, 2], train: 32, test: 8, seed: SEED });
const samples = { samples: 32, seed: 1 };

t.before(() => selectBackend({ prefer: 'wasm' }));

t.test('damage, by hand', async (t) => {
  const exact = Float32Array.of(1, 3, 0, 0);
  // Centred: -1 1 and 0 0, against -2 2 (a shift of both changes nothing) and 1 -1.
  const got = Float32Array.of(0 + 7, 4 + 7, 2, 0);
  t.same(squaredChange(exact, got, 2), [1 + 1 + 1 + 1, 2]);
  t.equal(agreements(exact, got, 2), 2);
  t.equal(agreements(exact, Float32Array.of(3, 1, 0, 1), 2), 0);
  const [p, q] = [1 / (1 + Math.exp(2)), 1 / (1 + Math.exp(4))];
  const first = p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  const r = 1 / (1 + Math.exp(2));
  const second = 0.5 * Math.log(0.5 / r) + 0.5 * Math.log(0.5 / (1 - r));
  t.ok(Math.abs(divergence(exact, got, 2) - first - second) < 1e-7);
  t.equal(divergence(exact, exact, 2), 0);
});

t.test('choices: cheapest to best, and what frees an activation', async (t) => {
  const candidates = (small: number): { precision: Precision; bytes: number; loss: number }[] => [
    { precision: 4, bytes: small, loss: 3 },
    { precision: 8, bytes: 2 * small, loss: 1 },
    { precision: 'f32', bytes: 8 * small, loss: 0 },
  ];
  const layers = ['a', 'b', 'c'].map((name, i) => ({ name, candidates: candidates([1, 1, 100][i]) }));
  const tensors = [
    { name: 'ab', loss: 10, layers: ['a', 'b'] },
    { name: 'bc', loss: 0.5, layers: ['b', 'c'] },
  ];
  const found = paretoChoices(layers, tensors);
  const names = found.map((choice) => choice.candidates.map(({ precision }) => precision).join(' '));
  t.equal(names[0], '4 4 4');
  t.equal(names.at(-1), 'f32 f32 f32');
  t.ok(
    names.includes('f32 f32 4') && names.includes('f32 f32 8'),
    'the worst activation is freed for 14 bytes',
  );
  t.notOk(names.includes('f32 8 8'), 'alone it frees nothing');
  t.same(
    found.map(({ loss }) => loss),
    found.map(({ loss }) => loss).toSorted((a, b) => b - a),
  );
  t.equal(found[0].loss, 19.5);
  t.equal(found.at(-1)!.loss, 0);
});

const network = (): Graph =>
  new GraphBuilder([6, 6, 2], 5)
    .add(
      'conv2d',
      { pads: [1, 1, 1, 1], activation: 'relu' },
      { kernel: [8, 3, 3, 2], bias: [8] },
      { name: 'a' },
    )
    .add('max_pool2d', { size: [2, 2], strides: [2, 2] }, {}, { name: 'pool' })
    .add('conv2d', { activation: 'relu' }, { kernel: [64, 3, 3, 8], bias: [64] }, { name: 'b' })
    .add('global_avg_pool2d', {}, {}, { name: 'mean' })
    .add('dense', {}, { kernel: [4, 64], bias: [4] }, { name: 'c' })
    .add('softmax', {}, {}, { name: 'scores' }).graph;

t.test('layers around an activation, through what has no kernel', async (t) => {
  const index = new GraphIndex(network());
  t.same(layersAround(index, 'a'), ['a', 'b']);
  t.same(layersAround(index, 'pool'), ['a', 'b']);
  t.same(layersAround(index, 'input'), ['a']);
  t.same(layersAround(index, 'c'), ['c']);
});

const ranges = (graph: Graph) => calibrate(graph, data, { calibration: 'minmax', ...samples });
const options = { weights: { bits: 8, per: 'channel' as const }, float: [] };

t.test('simulation is what the int8 graph gives', async (t) => {
  const graph = network();
  const quantized = quantizeGraph(graph, await ranges(graph), {
    ...options,
    layers: { a: 4, b: { codebook: 8 } },
  });
  const x = Float32Array.from(valuesOf(data.test).subarray(0, 72), (pixel) => pixel / 255);
  const logits = simulate(graph, new Map([['input', tensor(x, [1, 6, 6, 2])]]), changesOf(graph, quantized));
  const scores = runReference(quantized, [x])[0];
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  // A value half way between two steps may round the other way: a step of one activation.
  logits.forEach((logit, i) => t.ok(Math.abs(Math.exp(logit) / total - scores[i]) < 0.01));
});

t.test('bounds are kept, and what is chosen is what it costs', async (t) => {
  const graph = network();
  const known = await ranges(graph);
  const candidates: Precision[] = [2, 4, 8, 'f32'];
  const choose = (bound: { bytes: number } | { error: number } | { agreement: number }) =>
    mixedPrecision(graph, data, known, options, { candidates, metric: 'mse', bound, ...samples });
  const sizes = candidates.map(
    (all) => writeLop(quantizeGraph(graph, known, { ...options, layers: { a: all, b: all, c: all } })).length,
  );
  const most = Math.round((sizes[1] + sizes[2]) / 2);
  const small = await choose({ bytes: most });
  t.ok(small.file_bytes <= most && small.file_bytes > sizes[0], `${small.file_bytes} of ${most}`);
  t.same(
    small.layers.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
  for (const { candidates: each } of small.layers) {
    t.ok(each[0].loss > each[1].loss && each[1].loss > each[2].loss && each[3].loss === 0);
    t.ok(each[0].bytes < each[1].bytes && each[2].bytes < each[3].bytes);
  }
  const near = await choose({ error: 0.05 });
  t.ok(near.error <= 0.05, `${near.error}`);
  t.ok(near.file_bytes <= sizes[3]);
  const coarse = await choose({ error: 0.3 });
  t.ok(coarse.error <= 0.3 && coarse.error > near.error && coarse.file_bytes < near.file_bytes);
  t.equal((await choose({ agreement: 1 })).agreement, 1);
  t.same(await choose({ error: 0.3 }), coarse, 'the same each time');
  await t.rejects(choose({ bytes: 100 }), /expected a choice within 100 bytes, got \d+ at least/);
  const whole = { ...options, layers: { '*': 8 as const } };
  const none = mixedPrecision(graph, data, known, whole, {
    candidates,
    metric: 'kl',
    bound: { bytes: 1 },
    ...samples,
  });
  await t.rejects(none, /expected layers that nothing else names, got none/);
});
