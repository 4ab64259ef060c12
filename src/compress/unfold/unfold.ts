import { dispose, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { copyGraph, GraphIndex, type Graph, type Node } from '../../graph/index.js';
import { createParameters, forward, logitsOf, weightTensors, type Dataset } from '../../train/index.js';
import { ChannelMoments, type Statistics } from '../one-shot/channel-moments.js';
import { forEachSample, inputTensor, type SampleOptions } from '../prune/evidence/samples.js';

/** Layers that exporters fold batch norm into. */
const CONVOLUTIONS = new Set(['conv2d', 'depthwise_conv2d', 'conv_transpose2d']);
const EPSILON = 0.001;

/**
 * A copy of an f32 graph in which each convolution without batch norm has one behind it that changes nothing: mean and variance
 * are those of the convolution's outputs on the samples, `gamma = sqrt(variance + epsilon)` and `beta = mean`. Most ONNX and TFLite files come
 * with batch norm folded into weights and bias; training, pruning and re-estimation work better with it (Ioffe and Szegedy 2015), and export folds
 * it again. Layers that give the network's answer stay as they are.
 */
export async function unfoldBatchNorm(graph: Graph, data: Dataset, options: SampleOptions): Promise<Graph> {
  const unfolded = copyGraph(graph);
  const names = splitActivations(unfolded);
  const layers = unfolded.nodes.filter(({ name }) => names.has(name));
  const statistics = await measure(unfolded, layers, data, options);
  const index = new GraphIndex(unfolded);
  layers.forEach((node, i) => insertNorm(index, node, statistics[i]));
  index.commit();
  return unfolded;
}

/** Activations of layers without batch norm become nodes, in front of which it finds its place; gives the layers' names. */
function splitActivations(graph: Graph): Set<string> {
  const index = new GraphIndex(graph);
  const answer = logitsOf(graph);
  const layers = graph.nodes.filter((node) => isFolded(index, node) && node.outputs[0] !== answer);
  layers.forEach((node) => splitActivation(index, node));
  index.commit();
  return new Set(layers.map(({ name }) => name));
}

function isFolded(index: GraphIndex, { op, outputs: [output] }: Node): boolean {
  if (!CONVOLUTIONS.has(op) || index.isOutput(output)) return false;
  return index.readersOf(output).every((reader) => reader.op !== 'batch_norm');
}

function splitActivation(index: GraphIndex, node: Node): void {
  const { activation = 'linear' } = node.attributes;
  if (activation === 'linear') return;
  const { shape } = index.outputOf(node);
  index.setAttributes(node, { activation: 'linear' });
  insertBehind(index, node, { op: activation as string, output: { shape, dtype: 'f32' } });
}

type Behind = Pick<Parameters<GraphIndex['insert']>[0], 'op' | 'attributes' | 'weights' | 'output'>;

/** Everything that read the node reads the new one. */
function insertBehind(index: GraphIndex, node: Node, parts: Behind): void {
  const [output] = node.outputs;
  const readers = index.readersOf(output);
  const [behind] = index.insert({ ...parts, name: `${node.name}/${parts.op}`, inputs: [output] }).outputs;
  readers.forEach((reader) => index.replaceInput(reader, output, behind));
}

/** Of each layer's outputs. */
async function measure(
  graph: Graph,
  layers: readonly Node[],
  data: Dataset,
  options: SampleOptions,
): Promise<Statistics[]> {
  const moments = new Map(layers.map(({ outputs: [output] }) => [output, new ChannelMoments()]));
  const add = (name: string, values: Tensor): void => moments.get(name)?.add(values);
  const weights = weightTensors(createParameters(graph));
  const until = logitsOf(graph);
  try {
    await forEachSample(data, options, (batch) =>
      tidy(() => {
        forward(graph, weights, inputTensor(graph, batch), { until, onTensor: add });
      }),
    );
  } finally {
    dispose([...weights.values()]);
  }
  return [...moments.values()].map((each) => each.statistics());
}

function insertNorm(index: GraphIndex, node: Node, { mean, variance }: Statistics): void {
  const { shape } = index.outputOf(node);
  const roles = { mean, variance, gamma: variance.map((v) => Math.sqrt(v + EPSILON)), beta: mean.slice() };
  const weights = Object.fromEntries(
    Object.entries(roles).map(([role, values]) => {
      const weight = {
        shape: [values.length],
        dtype: 'f32' as const,
        data: values,
        block: [1, 1] as [number, number],
      };
      return [role, index.addWeight(`${node.name}/${role}`, weight)];
    }),
  );
  const output = { shape, dtype: 'f32' as const };
  insertBehind(index, node, { op: 'batch_norm', attributes: { epsilon: EPSILON }, weights, output });
}
