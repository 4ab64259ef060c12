import t from 'tap';
import { shareFloatWeights, shareWeights } from '../../../src/compress/quantize/codebook.js';
import { quantizeGraph, quantizeKernel, type Range } from '../../../src/compress/quantize/index.js';
import { lopStatistics, readLop, writeLop } from '../../../src/format/index.js';
import type { Graph } from '../../../src/graph/index.js';
import { runReference } from '../../../src/reference/run.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { random, SEED } from '../../helpers/random.js';

const kernelOf = (count: number, zeros = 0): Float32Array => {
  const { normal } = random();
  return Float32Array.from({ length: count }, (_, i) => (i % 10 < zeros ? 0 : normal()));
};

t.test('by hand: four weights, two entries, one scale', async (t) => {
  const values = Float32Array.of(1, 1.25, -2, 0);
  const kernel = { data: Int8Array.of(64, 80, -127, 0), scale: Float32Array.of(1 / 64) };
  const { data, scale } = shareWeights(values, kernel, { entries: 2 });
  t.same([...data], [72, 72, -127, 0], '1 and 1.25 are 64 and 80 steps: their mean; -128 is not symmetric');
  // (72 * 2.25 + 127 * 2) / (2 * 72^2 + 127^2), rounded up to f16.
  t.ok(Math.abs(scale[0] - 416 / 26497) < 2 ** -16, `${scale[0]}`);
});

t.test(`entries, zeros and error of shared weights (SEED=${SEED})`, async (t) => {
  const values = kernelOf(64 * 50, 3);
  const kernel = quantizeKernel(values, [64, 50], { bits: 8, per: 'channel' });
  let before = Infinity;
  for (const entries of [4, 16, 64]) {
    const { data, scale } = shareWeights(values, kernel, { entries });
    t.ok(new Set(data).size <= entries + 1, `${entries} and zero`);
    t.ok(values.every((w, i) => w !== 0 || data[i] === 0));
    const error = values.reduce((sum, w, i) => sum + (w - scale[Math.floor(i / 50)] * data[i]) ** 2, 0);
    t.ok(error < 0.2 * before, `${error}`);
    before = error;
  }
  const shared = shareFloatWeights(values, { entries: 16 });
  t.ok(new Set(shared).size <= 17 && values.every((w, i) => w !== 0 || shared[i] === 0));
  t.same([...shareFloatWeights(new Float32Array(3), { entries: 2 })], [0, 0, 0]);
});

const network = (): Graph =>
  new GraphBuilder([8, 8, 4], SEED)
    .add('conv2d', { activation: 'relu' }, { kernel: [32, 3, 3, 4], bias: [32] })
    .add('conv2d', { activation: 'relu' }, { kernel: [64, 3, 3, 32], bias: [64] })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [10, 64], bias: [10] }).graph;

const ranges = (graph: Graph): Map<string, Range> =>
  new Map(Array.from(graph.tensors.keys(), (name) => [name, { min: -8, max: 8 }]));

t.test('the file: log2(entries) bits a weight or fewer, read back as it was', async (t) => {
  const graph = network();
  const file = (codebook: { entries: number } | undefined, entropy: boolean): Uint8Array =>
    writeLop(
      quantizeGraph(graph, ranges(graph), { weights: { bits: 8, per: 'channel', codebook }, float: [] }),
      { entropy },
    );
  const params = 64 * 9 * 32;
  const kernelBytes = (bytes: Uint8Array): number =>
    lopStatistics(bytes).weights.find((weight) => weight.params === params)!.value_bytes;
  for (const [entries, bits] of [
    [4, 2],
    [16, 4],
    [32, 5],
    [256, 8],
  ] as const) {
    const most = (params * bits) / 8 + entries + 1;
    t.ok(kernelBytes(file({ entries }, false)) <= most, `${entries} entries`);
    t.ok(kernelBytes(file({ entries }, true)) <= most);
  }
  const bytes = file({ entries: 16 }, true);
  const { weights, entropy_bound_bytes } = lopStatistics(bytes);
  const stored = weights.reduce((sum, weight) => sum + weight.position_bytes + weight.value_bytes, 0);
  t.ok(stored < 1.1 * entropy_bound_bytes, `${stored} bytes of ${entropy_bound_bytes}`);
  t.equal(weights.find((weight) => weight.params === params)!.values, 'codebook');
  const x = kernelOf(256);
  const again = readLop(bytes);
  const scores = runReference(again, [x])[0];
  t.ok(scores.every(Number.isFinite) && scores.some((score) => score !== 0));
});

t.test('by layer: bits, codebooks, f16 and f32 in one network', async (t) => {
  const graph = network();
  const [first, second, , last] = graph.nodes.map(({ name }) => name);
  const layers = { [first]: 4, [second]: { codebook: 8, values: 'f32' as const }, [last]: 'f16' as const };
  const quantized = quantizeGraph(graph, ranges(graph), {
    weights: { bits: 8, per: 'channel' },
    float: [],
    layers,
  });
  const bytes = writeLop(quantized, { entropy: false });
  const stored = new Map(lopStatistics(bytes).weights.map((weight) => [weight.name, weight]));
  t.equal(stored.get(`${first}/kernel/i8`)!.values, 'nibbles');
  t.match(stored.get(`${second}/kernel`), { dtype: 'f32', values: 'codebook' });
  t.match(stored.get(`${last}/kernel`), { dtype: 'f32', values: 'f16' });
  t.throws(
    () =>
      quantizeGraph(graph, ranges(graph), {
        weights: { bits: 8, per: 'channel' },
        float: [],
        layers: { no: 8 },
      }),
    /quantize.layers: expected patterns of conv2d0/,
  );
});

t.test('int4 takes half a byte a weight', async (t) => {
  const graph = network();
  const options = { weights: { bits: 4, per: 'channel' as const }, float: [] };
  const stored = (entropy: boolean) =>
    lopStatistics(writeLop(quantizeGraph(graph, ranges(graph), options), { entropy })).weights[3];
  t.equal(stored(false).values, 'nibbles');
  t.equal(stored(false).value_bytes, stored(false).params / 2);
  t.ok(stored(true).value_bytes < stored(false).value_bytes);
});
