import { fill, grads, scalar, sum, tidy, type Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { copyGraph, type Graph } from '../../../graph/index.js';
import { createParameters, forward, graphValues, logitsOf, weightTensors } from '../../../train/index.js';
import type { Collection } from './collect.js';

/** Functions of one value; on what is never negative all are taken as the identity. */
const FUNCTIONS = new Set(
  'relu relu6 prelu leaky_relu elu selu gelu swish hard_swish clip sigmoid hard_sigmoid tanh softplus softsign mish'.split(
    ' ',
  ),
);
const RECURRENT = new Set(['lstm', 'gru', 'simple_rnn']);

/**
 * `dR/d|w|` where R is the sum of the logits of the linear network of |weights| on an input of ones: biases and means are 0, functions of
 * one value the identity, so that R flows through each layer whole (Tanaka et al. 2020, theorem 1). Needs no data.
 *
 * @throws RangeError for recurrent layers, which are not linear, and where R leaves the range of f32
 */
export function collectSynflow({ graph, kernels }: Collection): void {
  const names = [...kernels.keys()];
  const linear = linearized(graph);
  const parameters = createParameters(linear);
  const gradients = flow(linear, names);
  names.forEach((name, i) => {
    kernels.get(name)!.synflow = graphValues({ ...parameters.get(name)!, values: gradients[i] });
  });
}

/** R is linear in the input and its gradient in R's: smaller ones of both bring deep networks back into f32. */
const SCALES = [1, 2 ** -20, 2 ** -40, 2 ** -60, 2 ** -80, 2 ** -100];

function flow(graph: Graph, names: string[]): Float32Array[] {
  for (const scale of SCALES) {
    const gradients = flowOf(graph, names, scale);
    if (gradients.every((gradient) => gradient.every(Number.isFinite))) return gradients;
  }
  throw new RangeError(
    'criterion "synflow": expected sums within f32, got an overflow; the network is too deep',
  );
}

function flowOf(graph: Graph, names: string[], scale: number): Float32Array[] {
  const until = logitsOf(graph);
  let gradients: Float32Array[] = [];
  tidy(() => {
    const weights = weightTensors(createParameters(graph));
    const x = fill([1, ...graph.tensors.get(graph.inputs[0])!.shape], scale);
    const total = (...values: TfTensor[]): TfTensor => {
      const all = new Map([...weights, ...names.map((name, i): [string, TfTensor] => [name, values[i]])]);
      return sum(forward(graph, all, x, { until }));
    };
    const kernels = names.map((name) => weights.get(name)!);
    const tensors = grads(total)(kernels, scalar(scale));
    gradients = tensors.map((gradient) => gradient.dataSync() as Float32Array);
  });
  return gradients;
}

/** A copy of the graph that is linear and has no negative weight. */
function linearized(graph: Graph): Graph {
  const copy = copyGraph(graph);
  for (const node of copy.nodes) {
    if (RECURRENT.has(node.op))
      throw new RangeError(
        `criterion "synflow": expected layers that are linear up to their activation, got '${node.name}' (${node.op})`,
      );
    for (const [role, name] of Object.entries(node.weights)) makeFlow(copy, role, name);
    if ('activation' in node.attributes) node.attributes.activation = 'linear';
    if (FUNCTIONS.has(node.op)) Object.assign(node, { op: 'relu', attributes: {}, weights: {} });
  }
  return copy;
}

const ZERO = new Set(['bias', 'beta', 'mean']);

function makeFlow(graph: Graph, role: string, name: string): void {
  const weight = graph.weights.get(name)!;
  if (!(weight.data instanceof Float32Array)) return;
  weight.data = ZERO.has(role) ? new Float32Array(weight.data.length) : weight.data.map(Math.abs);
}
