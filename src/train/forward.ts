import { tensor, type Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { Graph, Node } from '../graph/index.js';
import { attributesOf } from '../ops/check.js';
import { getOp } from '../ops/table.js';
import type { TrainContext } from '../ops/op.js';
import { fakeQuantize, type FakeQuantization } from './fake-quantize.js';
import { batchNormTraining } from './kernels/batch-norm.js';
import type { Parameters } from './parameters.js';
import { mix } from './random.js';

export interface ForwardOptions {
  /** Dropout drops, batch norm uses and reports the batch's statistics. Default false. */
  training?: boolean;
  /** Batch norm uses its moving averages while training too. Default false. */
  frozenStatistics?: boolean;
  /** What dropout draws from; another one each step. Default 0. */
  seed?: number;
  /** Activations are rounded as int8 will round them. */
  fake?: Pick<FakeQuantization, 'outputs' | 'reads'>;
  onStatistics?: TrainContext['onStatistics'];
  /** Runs only what this tensor needs. Default: the graph's first output. */
  until?: string;
  /** Called with every activation, the input's included: for calibration. */
  onTensor?(name: string, values: TfTensor): void;
}

/**
 * Runs the graph on tfjs, f32, with a leading batch dimension; differentiable in `weights` and `x`.
 * Call it inside `tf.tidy`: intermediates are not disposed here.
 *
 * @param weights tfjs tensors by weight name, in tfjs' layout (see `createParameters`)
 * @param x `[batch, ...input shape]`; graphs of one input
 * @returns `[batch, ...shape]` of the first output, or of `until`
 */
export function forward(
  graph: Graph,
  weights: ReadonlyMap<string, TfTensor>,
  x: TfTensor,
  options: ForwardOptions = {},
): TfTensor {
  const [output] = forwardAll(graph, weights, x, [options.until ?? graph.outputs[0]], options);
  return output;
}

/** As `forward`, of several tensors: what `outputs` names, in their order. */
export function forwardAll(
  graph: Graph,
  weights: ReadonlyMap<string, TfTensor>,
  x: TfTensor,
  outputs: readonly string[],
  options: ForwardOptions = {},
): TfTensor[] {
  if (graph.inputs.length !== 1)
    throw new RangeError(`graph: expected one input to train on, got ${graph.inputs.length}`);
  const { fake } = options;
  const values = new Map([[graph.inputs[0], x]]);
  options.onTensor?.(graph.inputs[0], x);
  for (let index = 0; index < graph.nodes.length && !outputs.every((name) => values.has(name)); index++) {
    const node = graph.nodes[index];
    const real = runNode(graph, node, index, fake ? asRead(fake, node, values) : values, weights, options);
    const quantization = fake?.outputs.get(node.outputs[0]);
    const output = quantization ? fakeQuantize(real, quantization) : real;
    values.set(node.outputs[0], output);
    options.onTensor?.(node.outputs[0], output);
  }
  return outputs.map((name) => values.get(name)!);
}

/** The values of f32 tensors that the node reads as int8 are rounded. */
function asRead(
  { reads }: Pick<FakeQuantization, 'reads'>,
  { name, inputs }: Node,
  values: ReadonlyMap<string, TfTensor>,
): ReadonlyMap<string, TfTensor> {
  const rounded = reads.get(name);
  if (!rounded) return values;
  return new Map(
    inputs.map((input) => {
      const [value, quantization] = [values.get(input)!, rounded.get(input)];
      return [input, quantization ? fakeQuantize(value, quantization) : value];
    }),
  );
}

/** Runs the node at `index` on what `values` holds of its inputs. */
export function runNode(
  graph: Graph,
  node: Node,
  index: number,
  values: ReadonlyMap<string, TfTensor>,
  weights: ReadonlyMap<string, TfTensor>,
  options: ForwardOptions,
): TfTensor {
  const spec = getOp(node.op);
  if (spec.train === undefined)
    throw new RangeError(`node '${node.name}': expected an operator of an f32 graph, got ${node.op}`);
  return spec.train({
    node,
    attributes: attributesOf(node),
    inputs: node.inputs.map((name) => values.get(name)!),
    weights: Object.fromEntries(
      Object.entries(node.weights).map(([role, name]) => [role, weights.get(name)!]),
    ),
    outputShape: graph.tensors.get(node.outputs[0])!.shape,
    training: options.training ?? false,
    frozenStatistics: options.frozenStatistics,
    seed: mix(options.seed ?? 0, index),
    onStatistics: options.onStatistics,
    normalizeBatch: batchNormTraining,
  });
}

/** The parameters as tfjs tensors, by name; the caller disposes them. */
export function weightTensors(parameters: Parameters): Map<string, TfTensor> {
  return new Map([...parameters.values()].map((p) => [p.name, tensor(p.values, p.shape, 'float32')]));
}

/**
 * The tensor whose values are the logits: what the output's softmax reads, or the output itself where there is none.
 * Cross-entropy is computed from logits, because log(softmax) loses small probabilities.
 */
export function logitsOf(graph: Graph): string {
  const output = graph.outputs[0];
  const producer = graph.nodes.find((node) => node.outputs.includes(output));
  return producer?.op === 'softmax' ? producer.inputs[0] : output;
}
