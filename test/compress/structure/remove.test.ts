import { tensor, tidy } from '@tensorflow/tfjs-core';
import t from 'tap';
import { elements, cloneGraph, type Graph } from '../../../src/graph/index.js';
import { unitGroups } from '../../../src/compress/structure/groups.js';
import { removeUnits } from '../../../src/compress/structure/remove.js';
import { Units } from '../../../src/compress/structure/units.js';
import { importModel } from '../../../src/import/index.js';
import { cleanUp } from '../../../src/passes/index.js';
import { countMacs } from '../../../src/ops/macs.js';
import { runReference } from '../../../src/reference/index.js';
import { createParameters, ensureBackend, forward, weightTensors } from '../../../src/train/index.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { random, SEED, type Random } from '../../helpers/random.js';
import { needsShared, SHARED } from '../../helpers/shared.js';
import { randomGraph } from './random-graph.js';

/** About half of every group, at least one unit of it stays. */
function drawRemoved(units: Units, { next, int }: Random): Set<number> {
  const groups = unitGroups(units).map(({ units: all }) => {
    const stays = int(0, all.length - 1);
    return all.filter((_, i) => i !== stays && next() < 0.5);
  });
  return new Set(groups.flat());
}

/** The same graph with zeros wherever weights lie on removed units. */
function zeroed(units: Units, removed: ReadonlySet<number>): Graph {
  const graph = cloneGraph(units.graph);
  for (const weight of units.graph.weights.values()) {
    const { data } = graph.weights.get(weight.name)!;
    weight.shape.forEach((dim, axis) => {
      const along = units.along(weight, axis);
      const inner = elements(weight.shape.slice(axis + 1));
      for (let i = 0; i < data.length; i++) if (removed.has(along[Math.floor(i / inner) % dim])) data[i] = 0;
    });
  }
  return graph;
}

/** On tfjs: the reference takes seconds for a network like these. */
function forwardOnce(graph: Graph, input: Float32Array): Float32Array {
  const [name] = graph.inputs;
  return tidy(() => {
    const x = tensor(input, [1, ...graph.tensors.get(name)!.shape], 'float32');
    return forward(graph, weightTensors(createParameters(graph)), x).dataSync() as Float32Array;
  });
}

function drawInput(graph: Graph, { normal }: Random): Float32Array {
  return Float32Array.from({ length: elements(graph.tensors.get(graph.inputs[0])!.shape) }, normal);
}

t.before(() => ensureBackend());
t.comment(`SEED=${SEED}`);

t.test('random graphs give what they give with those channels at zero, to the bit', async (t) => {
  const { int } = random();
  let shrunk = 0;
  for (let i = 0; i < 150; i++) {
    const seed = int(1, 2 ** 31);
    const stream = random(seed);
    const graph = randomGraph(stream);
    const units = new Units(graph);
    const removed = drawRemoved(units, stream);
    const input = drawInput(graph, stream);
    const [want] = runReference(zeroed(units, removed), [input]);
    const smaller = removeUnits(units, removed);
    const [got] = runReference(smaller, [input]);
    if (removed.size > 0) shrunk++;
    if (Buffer.from(want.buffer).equals(Buffer.from(got.buffer)) && want.every(Number.isFinite)) continue;
    t.same(got, want, `graph ${i}, drawn from ${seed}: ${graph.nodes.map(({ op }) => op)}`);
  }
  t.ok(shrunk > 100, `${shrunk} of 150 graphs shrank`);
});

/** Greatest difference of the outputs over the greatest output. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const most = Math.max(...Array.from(b, Math.abs));
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]))) / most;
}

const MODELS = {
  'resnet8-cifar10/pretrainedResnet.h5': 6,
  'resnet20-cifar10/resnet20.onnx': 12,
  'mobilenet-v1-0.25-224/model.json': 14,
  'mnist-cnn-887k/model.json': 5,
};

for (const [path, count] of Object.entries(MODELS)) {
  t.test(`${path}: ${count} groups; half of each taken out`, needsShared(`models/${path}`), async (t) => {
    const graph = cleanUp(await importModel(`${SHARED}models/${path}`));
    const units = new Units(graph);
    const groups = unitGroups(units);
    t.equal(groups.length, count);
    const stream = random();
    const removed = new Set(groups.flatMap(({ units: all }) => all.filter((_, i) => i % 2 === 1)));
    const smaller = removeUnits(units, removed);
    const parts = [graph, smaller].map((each) => countMacs(each).macs);
    t.ok(parts[1] < 0.35 * parts[0], `${parts[1]} of ${parts[0]} multiply-adds are left`);
    const wanted = zeroed(units, removed);
    const input = drawInput(graph, stream);
    const [want, got] = [wanted, smaller].map((each) => forwardOnce(each, input));
    t.ok(difference(got, want) < 1e-5, `${difference(got, want)}`);
  });
}

t.test('a unit of a residual stage is a channel of every layer of it', async (t) => {
  const { graph } = new GraphBuilder([4, 4, 2])
    .add('conv2d', {}, { kernel: [3, 1, 1, 2] }, { name: 'first' })
    .add('conv2d', {}, { kernel: [5, 1, 1, 3] }, { name: 'inner' })
    .add('conv2d', {}, { kernel: [3, 1, 1, 5] }, { name: 'last' })
    .add('add', {}, {}, { name: 'sum', inputs: ['last', 'first'] })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [2, 3] }, { name: 'scores' });
  const groups = unitGroups(new Units(graph));
  t.same(
    groups.map(({ layers, units: { length } }) => ({ layers, length })),
    [
      { layers: ['first', 'last'], length: 3 },
      { layers: ['inner'], length: 5 },
    ],
  );
});

t.test('a flattened channel is a run of columns of the dense kernel', async (t) => {
  const { graph } = new GraphBuilder([2, 1, 1])
    .add('conv2d', {}, { kernel: [2, 1, 1, 1] })
    .add('reshape', {}, {}, { shape: [4] })
    .add('dense', {}, { kernel: [1, 4] }, { name: 'dense' });
  graph.weights.get('dense/kernel')!.data.set([1, 2, 3, 4]);
  const units = new Units(graph);
  const [{ units: channels }] = unitGroups(units);
  const smaller = removeUnits(units, new Set([channels[0]]));
  t.same([...smaller.weights.get('dense/kernel')!.data], [2, 4]);
  t.same(smaller.tensors.get('reshape1')!.shape, [2]);
});

t.test('what an operator without a rule reads stays', async (t) => {
  const { graph } = new GraphBuilder([4, 4, 2])
    .add('conv2d', {}, { kernel: [4, 1, 1, 2] }, { name: 'a' })
    .add('depth_to_space', { block: 2 })
    .add('conv2d', {}, { kernel: [4, 1, 1, 1] }, { name: 'b' })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [2, 4] }, { name: 'c' });
  t.same(
    unitGroups(new Units(graph)).map(({ layers }) => layers),
    [['b']],
  );
});

t.test('an axis is never left empty', async (t) => {
  const { graph } = new GraphBuilder([2])
    .add('dense', {}, { kernel: [2, 2] })
    .add('dense', {}, { kernel: [1, 2] });
  const units = new Units(graph);
  t.throws(() => removeUnits(units, new Set(unitGroups(units)[0].units)), RangeError);
});
