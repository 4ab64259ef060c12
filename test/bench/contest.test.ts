import t from 'tap';
import { bench, type BenchModel } from '../../src/bench/index.js';
import { contest, ratiosOf, type BenchRow } from '../../src/bench/contest.js';
import { NODE_PEERS } from '../../src/bench/peers/node.js';
import {
  buildArchitecture,
  drawWeights,
  makeVariant,
  quantizeModel,
  randomInput,
} from '../../src/bench/index.js';
import { load } from '../../src/runtime/node.js';

const host = { load, peers: NODE_PEERS };

function model(name: string, sparsities: readonly number[]): BenchModel {
  const graph = drawWeights(buildArchitecture(name), { seed: 4 });
  const files = sparsities.map((sparsity) => ({
    bytes: makeVariant(name, { dtype: 'int8', sparsity, block: [2, 2] }, 4).bytes,
    described: { dtype: 'int8' as const, sparsity, block: '2x2' },
  }));
  const length = graph.tensors.get(graph.inputs[0])!.shape.reduce((a, b) => a * b, 1);
  return {
    name,
    files,
    dense: { graph, int8: quantizeModel(graph) },
    input: randomInput(length, 4),
    sameWeights: true,
  };
}

t.test('variants and all peers in one contest', async (t) => {
  const against = ['tfjs-wasm', 'ort-web', 'ort-web-int8', 'ort-node'] as const;
  const warnings: string[] = [];
  const rounds: number[] = [];
  const { rows, ratios, profiles, engines } = await contest(model('resnet-8', [0, 0.9]), host, {
    against,
    runs: 3,
    profile: true,
    onWarning: (line) => warnings.push(line),
    onProgress: (_, done, total) => rounds.push(done / total),
  });
  t.same(warnings, []);
  t.same(rounds, [1 / 3, 2 / 3, 1]);
  t.same(
    rows.map(({ runtime, dtype, sparsity }) => `${runtime} ${dtype} ${sparsity}`),
    [
      'lopper int8 0',
      'lopper int8 0.9',
      'tfjs-wasm f32 0',
      'ort-web f32 0',
      'ort-web-int8 int8 0',
      'ort-node f32 0',
    ],
  );
  for (const row of rows) {
    t.match(row, { runs: 3, threads: 1, batch: 1 });
    t.ok(row.median_ms > 0 && row.load_ms > 0 && row.first_ms > 0 && row.min_ms <= row.median_ms);
  }
  t.equal(ratios.length, 2 * 5, 'four peers and the fastest web one, for each variant');
  const fastest = Math.min(...rows.slice(2, 5).map(({ median_ms }) => median_ms));
  const of = ratios.find(({ against, sparsity }) => against === 'fastest-web' && sparsity === 0.9)!;
  t.equal(of.ratio, fastest / rows[1].median_ms);
  t.match(engines.join(), /lopper simd128.*tfjs-wasm 4.*ort-web 1.*ort-node 1/);

  const [dense, sparse] = profiles;
  t.equal(profiles.length, 2);
  t.same(
    dense.layers.map(({ name }) => name),
    sparse.layers.map(({ name }) => name),
  );
  const share = sparse.layers.reduce((sum, layer) => sum + layer.share, 0);
  t.ok(Math.abs(share - 1) < 1e-9);
  const layer = sparse.layers.find(({ name }) => name === 'block3/conv2')!;
  t.match(layer, { op: 'conv2d', shape: [8, 8, 64], weights: 64 * 9 * 64, kept: 3688 });
  t.equal(layer.multiply_adds, 3688 * 64);
  t.ok(Math.abs(layer.gops - (2 * layer.multiply_adds) / layer.ms / 1e6) < 1e-9);
});

t.test('results that disagree end the contest before anything is timed', async (t) => {
  const wrong = model('ds-cnn', [0]);
  const bias = wrong.dense!.graph.weights.get('scores/bias')!;
  bias.data.fill(100);
  await t.rejects(contest(wrong, host, { against: ['tfjs-wasm'], runs: 1 }), {
    message: /ds-cnn: expected the results of lopper \(int8\) within .* of those of tfjs-wasm/,
  });
});

t.test('an input of the wrong length, a peer that is not here', async (t) => {
  const short = { ...model('ds-cnn', [0.9]), input: new Float32Array(7) };
  await t.rejects(contest(short, host), { message: /expected an input of 490 values \(49x10x1\), got 7/ });
  const warnings: string[] = [];
  const { rows } = await contest(
    model('ds-cnn', [0.9]),
    { load, peers: {} },
    { against: ['tfjs-wasm'], runs: 1, onWarning: (line) => warnings.push(line) },
  );
  t.equal(rows.length, 1);
  t.same(warnings, ['tfjs-wasm: does not run here']);
});

t.test('networks are made when their turn comes, and all are in the report', async (t) => {
  const order: string[] = [];
  const make = (name: string) => async () => {
    order.push(`make ${name}`);
    return model(name, [0.9]);
  };
  const report = await bench([make('ds-cnn'), make('lenet-300-100')], {
    runs: 1,
    onProgress: (name) => order.push(`time ${name}`),
  });
  t.same(order, ['make ds-cnn', 'time ds-cnn', 'make lenet-300-100', 'time lenet-300-100']);
  t.same(
    report.results.map(({ model: of }) => of),
    ['ds-cnn', 'lenet-300-100'],
  );
  t.same(report.ratios, []);
  t.match(report.engine, /^Node .*, V8 .*, lopper simd128$/);
});

const row = (runtime: string, median_ms: number): BenchRow => ({
  model: 'm',
  runtime,
  dtype: 'f32',
  sparsity: 0,
  block: '1x1',
  threads: 1,
  median_ms,
  min_ms: 1,
  p95_ms: 1,
  runs: 1,
  peak_bytes: 1,
  load_ms: 1,
  first_ms: 1,
  batch: 1,
});

t.test('native peers are compared with, but are no fastest-web', async (t) => {
  const ratios = (...others: BenchRow[]) =>
    ratiosOf([row('lopper', 2)], others).map(({ against, ratio }) => `${against} ${ratio}`);
  t.same(ratios(row('ort-node', 1), row('tfjs-wasm', 10), row('ort-web', 8)), [
    'ort-node 0.5',
    'tfjs-wasm 5',
    'ort-web 4',
    'fastest-web 4',
  ]);
  t.same(ratios(row('ort-node', 1)), ['ort-node 0.5']);
  t.same(ratios(), []);
});
