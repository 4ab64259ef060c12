import t from 'tap';
import { removeChannels } from '../../../src/compress/structure/channels.js';
import { unitGroups } from '../../../src/compress/structure/groups.js';
import { structureSchema, type ChannelOptions } from '../../../src/compress/structure/schema.js';
import { surgeonScores } from '../../../src/compress/structure/surgeon.js';
import { Units } from '../../../src/compress/structure/units.js';
import type { Graph } from '../../../src/graph/index.js';
import { countMacs } from '../../../src/ops/macs.js';
import { runReference } from '../../../src/reference/index.js';
import { ensureBackend } from '../../../src/train/index.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { random, SEED } from '../../helpers/random.js';
import { noise } from './noise.js';

t.before(() => ensureBackend());
t.comment(`SEED=${SEED}`);

const DATA = noise([6, 6, 2], 64);

/** Channels 0 and 1 of the first layer are the same, 2 is of small use, 3 of much. */
function network(): Graph {
  const { graph } = new GraphBuilder([6, 6, 2])
    .add('conv2d', { activation: 'relu' }, { kernel: [4, 3, 3, 2], bias: [4] }, { name: 'first' })
    .add('conv2d', {}, { kernel: [3, 3, 3, 4], bias: [3] }, { name: 'second' })
    .add('global_avg_pool2d');
  const [kernel, bias] = ['kernel', 'bias'].map((role) => graph.weights.get(`first/${role}`)!.data);
  kernel.set(kernel.subarray(0, 18), 18);
  bias[1] = bias[0];
  const readers = graph.weights.get('second/kernel')!.data;
  readers.forEach((value, i) => (readers[i] = value * (i % 4 === 2 ? 0.1 : 1)));
  return graph;
}

t.test('surgeon: a copy of another channel costs nothing, then the least useful goes', async (t) => {
  const units = new Units(network());
  const [scores] = await surgeonScores(units, unitGroups(units), 64, { data: DATA, seed: 1 });
  const order = [...scores.keys()].sort((a, b) => scores[a] - scores[b]);
  t.ok(order[0] < 2 && scores[order[0]] < 0.01 * scores[order[3]], `${scores}`);
  t.equal(order[1], 2);
});

t.test('surgeon: two inputs, by hand', async (t) => {
  // Independent inputs of one variance, without bias: a channel costs its share of w^2 E[x^2].
  const { graph } = new GraphBuilder([2])
    .add('dense', {}, { kernel: [2, 2] }, { name: 'first' })
    .add('dense', {}, { kernel: [1, 2] }, { name: 'second' });
  graph.weights.get('first/kernel')!.data.set([1, 0, 0, 1]);
  graph.weights.get('second/kernel')!.data.set([1, 3]);
  const x = Uint8Array.of(0, 0, 0, 2, 2, 0, 2, 2);
  const split = { x, count: 4 };
  const data = { ...DATA, inputShape: [2], train: split, preprocessing: { scale: 1, offset: -1 } };
  const units = new Units(graph);
  const [scores] = await surgeonScores(units, unitGroups(units), 4, { data, seed: 1 });
  t.ok(Math.abs(scores[1] / scores[0] - 9) < 0.02, `${scores}, of which the second is 3^2 times the first`);
});

t.test('surgeon refuses channels that nothing linear reads', async (t) => {
  const { graph } = new GraphBuilder([6, 6, 2])
    .add('conv2d', {}, { kernel: [4, 1, 1, 2] }, { name: 'first' })
    .add('reduce_mean', { axes: [0, 1] })
    .add('relu', {}, {}, { name: 'mean' })
    .add('constant', {}, { value: [4, 2] }, { name: 'matrix', inputs: [] })
    .add('reshape', {}, {}, { name: 'row', inputs: ['mean'], shape: [1, 4] })
    .add('matmul', {}, {}, { inputs: ['row', 'matrix'] });
  const units = new Units(graph);
  await t.rejects(
    surgeonScores(units, unitGroups(units), 64, { data: DATA, seed: 1 }),
    /expected convolutions or dense layers that read the channels of first/,
  );
});

function options(channels: object): ChannelOptions {
  return structureSchema.parse({ channels }).channels!;
}

for (const rounds of [1, 2])
  t.test(`half the multiply-adds in ${rounds} rounds, made good`, async (t) => {
    const graph = network();
    const macs = countMacs(graph).macs;
    const [scored, drawn] = await Promise.all(
      (['surgeon', 'random'] as const).map((criterion) =>
        removeChannels(
          graph,
          options({ criterion, macs: 0.76, rounds, samples: 64, reconstruct: { samples: 64 } }),
          { data: DATA, seed: 1 },
        ),
      ),
    );
    t.ok(countMacs(scored).macs <= 0.76 * macs);
    const input = Float32Array.from({ length: 72 }, random().normal);
    const [want, got, other] = [graph, scored, drawn].map((each) => runReference(each, [input])[0]);
    const error = (values: ArrayLike<number>): number =>
      Array.from(want).reduce((sum, value, i) => sum + (value - values[i]) ** 2, 0);
    t.ok(error(got) < 1e-3 * error(new Float32Array(want.length)), `${error(got)}`);
    t.ok(error(got) <= error(other));
  });

t.test('the same seed gives the same network', async (t) => {
  const each = options({ criterion: 'wanda', sparsity: 0.5, samples: 32, reconstruct: {} });
  const run = (): Promise<Graph> => removeChannels(network(), each, { data: DATA, seed: 3 });
  t.same(await run(), await run());
});
