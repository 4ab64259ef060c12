import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import { foldBatchNorm } from '../../src/passes/fold-batch-norm.js';
import { foldPadding } from '../../src/passes/fold-padding.js';
import { fuseActivations } from '../../src/passes/fuse-activations.js';
import { removeDropout } from '../../src/passes/remove-dropout.js';
import { prepareForExport } from '../../src/passes/index.js';
import { elements, type Graph } from '../../src/graph/index.js';
import { checkGraph } from '../../src/ops/check.js';
import { runReference } from '../../src/reference/run.js';
import { createParameters, forward, selectBackend, weightTensors } from '../../src/train/index.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { random, SEED } from '../helpers/random.js';

t.before(() => selectBackend({ prefer: 'cpu' }));

const { normal } = random();
const image = [7, 6, 3];
const ops = (graph: Graph): string => graph.nodes.map(({ op }) => op).join(' ');

function outputs(graph: Graph, x: Float32Array): Float32Array {
  const shape = graph.tensors.get(graph.inputs[0])!.shape;
  return tf.tidy(() => {
    const weights = weightTensors(createParameters(graph));
    return forward(graph, weights, tf.tensor(x, [1, ...shape])).dataSync() as Float32Array;
  });
}

/** The folded graph gives what the graph gave, relative to the largest output: a few roundings for each of its layers. */
function sameOutputs(graph: Graph, folded: Graph): void {
  checkGraph(folded);
  const x = Float32Array.from({ length: elements(graph.tensors.get('input')!.shape) }, normal);
  const want = outputs(graph, x);
  const got = outputs(folded, x);
  const largest = want.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = want.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i])), 0);
  t.ok(worst <= 256 * 2 ** -24 * largest, `SEED=${SEED}: off by ${worst} of ${largest}`);
}

const norm = (channels: number) => ({
  gamma: [channels],
  beta: [channels],
  mean: [channels],
  variance: [channels],
});

t.test('batch norm goes into the layer before it, with or without bias, gamma and beta', (t) => {
  const layers: [string, number[], number][] = [
    ['conv2d', [5, 3, 3, 3], 5],
    ['depthwise_conv2d', [6, 3, 3, 1], 6],
  ];
  for (const [op, kernel, channels] of layers) {
    for (const withBias of [true, false]) {
      const weights: Record<string, number[]> = withBias ? { kernel, bias: [channels] } : { kernel };
      const statistics: Record<string, number[]> = withBias
        ? norm(channels)
        : { mean: [channels], variance: [channels] };
      const { graph } = new GraphBuilder(image)
        .add(op, {}, weights)
        .add('batch_norm', { epsilon: 0.01 }, statistics);
      const folded = structuredClone(graph);
      foldBatchNorm(folded);
      t.equal(ops(folded), op);
      t.same(folded.outputs, graph.outputs);
      sameOutputs(graph, folded);
    }
  }
  const { graph } = new GraphBuilder([8]).add('dense', {}, { kernel: [4, 8] }).add('batch_norm', {}, norm(4));
  const folded = structuredClone(graph);
  foldBatchNorm(folded);
  t.equal(ops(folded), 'dense');
  sameOutputs(graph, folded);
  t.end();
});

t.test('batch norm that has no layer to go into becomes a depthwise 1x1 convolution', (t) => {
  const cases: [string, GraphBuilder, string][] = [
    ['first', new GraphBuilder(image).add('batch_norm', {}, norm(3)), 'depthwise_conv2d'],
    [
      'behind an activation',
      new GraphBuilder(image)
        .add('conv2d', { activation: 'relu' }, { kernel: [4, 1, 1, 3] })
        .add('batch_norm', {}, norm(4)),
      'conv2d depthwise_conv2d',
    ],
    [
      'behind a layer that others read',
      new GraphBuilder(image)
        .add('conv2d', {}, { kernel: [3, 1, 1, 3] }, { name: 'conv' })
        .add('batch_norm', {}, norm(3), { name: 'bn' })
        .add('add', {}, {}, { inputs: ['conv', 'bn'] }),
      'conv2d depthwise_conv2d add',
    ],
    ['of a vector', new GraphBuilder([5]).add('batch_norm', {}, norm(5)), 'reshape depthwise_conv2d reshape'],
  ];
  for (const [name, { graph }, want] of cases) {
    const folded = structuredClone(graph);
    foldBatchNorm(folded);
    t.equal(ops(folded), want, name);
    sameOutputs(graph, folded);
  }
  t.end();
});

t.test('a kernel that two layers share is scaled for one of them only', (t) => {
  const builder = new GraphBuilder(image)
    .add('conv2d', {}, { kernel: [3, 1, 1, 3] }, { name: 'a' })
    .add('batch_norm', {}, norm(3))
    .add('conv2d', {}, { kernel: [3, 1, 1, 3] }, { name: 'b' });
  builder.graph.nodes[2].weights.kernel = 'a/kernel';
  const folded = prepareForExport(builder.graph);
  t.equal(ops(folded), 'conv2d conv2d');
  sameOutputs(builder.graph, folded);
  t.end();
});

t.test('padding goes into the convolutions that read it', (t) => {
  const { graph } = new GraphBuilder(image)
    .add('pad2d', { pads: [1, 0, 2, 3] }, {}, { name: 'pad' })
    .add('conv2d', { pads: [1, 1, 0, 0] }, { kernel: [4, 3, 3, 3] }, { name: 'a' })
    .add('conv2d', { pads: [1, 1, 0, 0] }, { kernel: [4, 3, 3, 3] }, { name: 'b', inputs: ['pad'] })
    .add('add', {}, {}, { inputs: ['a', 'b'] });
  const folded = structuredClone(graph);
  foldPadding(folded);
  t.equal(ops(folded), 'conv2d conv2d add');
  t.same(folded.nodes[0].attributes.pads, [2, 1, 2, 3]);
  sameOutputs(graph, folded);
  t.end();
});

t.test('padding before a pool, whose padding is no value, stays a pad', (t) => {
  const { graph } = new GraphBuilder(image)
    .add('pad2d', { pads: [1, 1, 1, 1] })
    .add('avg_pool2d', { size: [2, 2], strides: [2, 2] });
  const folded = prepareForExport(graph);
  t.equal(ops(folded), 'pad avg_pool2d');
  sameOutputs(graph, folded);
  t.end();
});

t.test('activations go into the layer before them, unless it is read without', (t) => {
  const { graph } = new GraphBuilder(image)
    .add('conv2d', {}, { kernel: [3, 1, 1, 3] }, { name: 'conv' })
    .add('relu6', {}, {}, { name: 'six' })
    .add('add', {}, {}, { inputs: ['input', 'six'], name: 'sum' })
    .add('relu', {}, {}, { name: 'positive' })
    .add('max_pool2d', { size: [2, 2], strides: [2, 2] })
    .add('relu');
  const folded = structuredClone(graph);
  fuseActivations(folded);
  t.equal(ops(folded), 'conv2d add max_pool2d relu');
  t.same(
    [folded.nodes[0].attributes, folded.nodes[1].attributes],
    [{ activation: 'relu6' }, { activation: 'relu' }],
  );
  sameOutputs(graph, folded);
  const shared = structuredClone(graph);
  shared.outputs.push('conv');
  fuseActivations(shared);
  t.equal(ops(shared), 'conv2d relu6 add max_pool2d relu');
  t.end();
});

t.test('dropout goes, even as the output', (t) => {
  const { graph } = new GraphBuilder([6])
    .add('dropout', { rate: 0.5 })
    .add('dense', {}, { kernel: [4, 6] })
    .add('dropout', { rate: 0.5 });
  const folded = structuredClone(graph);
  removeDropout(folded);
  t.equal(ops(folded), 'dense');
  sameOutputs(graph, folded);
  t.end();
});

t.test('all together: what is left runs in the plain reference', (t) => {
  const { graph } = new GraphBuilder(image, SEED)
    .add('pad2d', { pads: [1, 1, 1, 1] })
    .add('conv2d', { strides: [2, 2] }, { kernel: [6, 3, 3, 3] })
    .add('batch_norm', {}, norm(6))
    .add('relu6')
    .add('dropout', { rate: 0.1 })
    .add('depthwise_conv2d', { pads: [1, 1, 1, 1] }, { kernel: [6, 3, 3, 1] })
    .add('batch_norm', {}, norm(6))
    .add('relu')
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [5, 6], bias: [5] })
    .add('softmax');
  const before = structuredClone(graph);
  const folded = prepareForExport(graph);
  t.same(graph, before, 'the original stays');
  t.equal(ops(folded), 'conv2d depthwise_conv2d global_avg_pool2d dense softmax');
  sameOutputs(graph, folded);
  const x = Float32Array.from({ length: elements(image) }, normal);
  const want = outputs(graph, x);
  const [got] = runReference(folded, [x]);
  t.ok(want.every((value, i) => Math.abs(value - got[i]) < 256 * 2 ** -24));
  t.end();
});
