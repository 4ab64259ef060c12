import t from 'tap';
import { reestimateBatchNorm } from '../../../src/compress/one-shot/index.js';
import { Replay } from '../../../src/compress/one-shot/replay.js';
import type { Graph } from '../../../src/graph/index.js';
import { runReference } from '../../../src/reference/run.js';
import { selectBackend, valuesOf } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { SEED } from '../../helpers/random.js';

const data = blobs({ inputShape: [6, 6, 2], train: 96, test: 8, seed: SEED });
const options = { samples: 96, seed: 1 };

const norm = { mean: [6], variance: [6], gamma: [6], beta: [6] };
const network = (): Graph =>
  new GraphBuilder([6, 6, 2], 5)
    .add('conv2d', { pads: [1, 1, 1, 1] }, { kernel: [6, 3, 3, 2] }, { name: 'first' })
    .add('batch_norm', {}, norm, { name: 'norm1' })
    .add('relu', {}, {}, { name: 'skip' })
    .add('dropout', { rate: 0.5 })
    .add('conv2d', { pads: [1, 1, 1, 1] }, { kernel: [6, 3, 3, 6] }, { name: 'second' })
    .add('batch_norm', {}, norm, { name: 'norm2' })
    .add('add', {}, {}, { inputs: ['skip', 'norm2'] })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [4, 6], bias: [4] }).graph;

/** Mean and variance of each channel of a tensor, by plain loops over all training samples. */
function plainStatistics(graph: Graph, tensor: string): { mean: number[]; variance: number[] } {
  const channels = graph.tensors.get(tensor)!.shape.at(-1)!;
  const values: number[][] = Array.from({ length: channels }, () => []);
  for (let i = 0; i < data.train.count; i++) {
    const x = Float32Array.from(valuesOf(data.train).subarray(72 * i, 72 * (i + 1)), (v) => v / 255);
    const [y] = runReference({ ...graph, outputs: [tensor] }, [x]);
    y.forEach((value, at) => values[at % channels].push(value));
  }
  const mean = values.map((list) => list.reduce((sum, v) => sum + v, 0) / list.length);
  const variance = values.map(
    (list, c) => list.reduce((sum, v) => sum + (v - mean[c]) ** 2, 0) / list.length,
  );
  return { mean, variance };
}

t.before(() => selectBackend({ prefer: 'wasm' }));

t.test('statistics are those of what each batch norm reads, after those before it', async (t) => {
  const graph = network();
  const before = structuredClone(graph);
  const corrected = await reestimateBatchNorm(graph, data, options);
  t.same(graph, before, 'the graph stays as it is');
  for (const [name, tensor] of [
    ['norm1', 'first'],
    ['norm2', 'second'],
  ]) {
    const want = plainStatistics(corrected, tensor);
    for (const role of ['mean', 'variance'] as const) {
      const got = corrected.weights.get(`${name}/${role}`)!.data;
      want[role].forEach((value, c) => {
        const bound = 1e-4 * (1 + Math.abs(value));
        if (!(Math.abs(got[c] - value) < bound)) t.fail(`${name}/${role}[${c}]: ${got[c]}, not ${value}`);
      });
      t.equal(got.length, 6);
    }
  }
});

t.test('what activations are kept changes nothing', async (t) => {
  const graph = network();
  const inputs = [valuesOf(data.train).subarray(0, 720), valuesOf(data.train).subarray(720, 1008)].map(
    (bytes) => Float32Array.from(bytes, (v) => v / 255),
  );
  const results = [0, 20_000, Infinity].map((budget) => {
    const replay = new Replay(graph, inputs, { budget });
    const read = graph.nodes.flatMap((_, index) =>
      inputs.flatMap((_, batch) =>
        replay.inputsOf(index, batch).map((x) => {
          const values = [...x.dataSync()];
          x.dispose();
          return values;
        }),
      ),
    );
    t.throws(() => new Replay(graph, inputs).inputsOf(-1, 0), /expected a node from 0 on, got -1/);
    replay.dispose();
    return read;
  });
  t.same(results[1], results[0]);
  t.same(results[2], results[0]);
});

t.test('a graph without batch norm stays, and a signal stops it', async (t) => {
  const { graph } = new GraphBuilder([6, 6, 2]).add('conv2d', {}, { kernel: [3, 1, 1, 2] });
  t.same(await reestimateBatchNorm(graph, data, options), graph);
  const signal = AbortSignal.abort(new Error('stop'));
  await t.rejects(reestimateBatchNorm(network(), data, { ...options, signal }), /stop/);
});
