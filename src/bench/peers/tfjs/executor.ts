/**
 * Runs a dense f32 graph with tfjs' fused operators: the fastest way that tfjs has, and what its graph executor does for a
 * converted model whose batch norms are folded. Weights are uploaded once.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { LopModel } from '../../../format/index.js';
import { samePads } from '../../architectures/network.js';

type Tf = typeof tf;
type GraphNode = LopModel['nodes'][number];
type Pads = number[];
type Layer = (inputs: tf.Tensor[]) => tf.Tensor;

interface Context {
  core: Tf;
  model: LopModel;
  node: GraphNode;
  /** Tensors that live as long as the executor. */
  keep<T extends tf.Tensor>(made: T): T;
}

type FusedActivation = NonNullable<Parameters<Tf['fused']['conv2d']>[0]['activation']>;

const activationOf = ({ node }: Context): FusedActivation =>
  (node.attributes['activation'] ?? 'linear') as FusedActivation;
const pairOf = ({ node }: Context, key: string, otherwise: [number, number] = [1, 1]) =>
  (node.attributes[key] ?? otherwise) as [number, number];

/** `same` where the pads are TensorFlow's, which lets tfjs take its usual path; explicit pads otherwise. */
function padOf(
  of: Context,
  [rows, columns]: readonly number[],
): 'same' | 'valid' | tf.backend_util.ExplicitPadding {
  const { model, node } = of;
  const [top, left, bottom, right] = (node.attributes['pads'] as Pads | undefined) ?? [0, 0, 0, 0];
  if (top + left + bottom + right === 0) return 'valid';
  const [height, width] = model.tensors.get(node.inputs[0])!.shape;
  const strides = pairOf(of, 'strides');
  const [dy, dx] = pairOf(of, 'dilations');
  const same = [
    samePads(height, (rows - 1) * dy + 1, strides[0]),
    samePads(width, (columns - 1) * dx + 1, strides[1]),
  ];
  if (`${same}` === `${[top, bottom, left, right]}`) return 'same';
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}

/** A weight as tfjs wants it: the graph's axes permuted, then reshaped. */
function weight<T extends tf.Tensor>(
  of: Context,
  role: string,
  permutation?: number[],
  reshaped?: number[],
): T | undefined {
  const stored = of.model.weights.get(of.node.weights[role]);
  if (!stored) return undefined;
  if (!(stored.data instanceof Float32Array))
    throw new RangeError(`${of.node.name}: expected f32 weights for tfjs, got ${stored.dtype}`);
  const { data, shape } = stored;
  const uploaded = of.core.tidy(() => {
    const tensor = of.core.tensor(data, shape);
    const permuted = permutation ? of.core.transpose(tensor, permutation) : tensor;
    return reshaped ? of.core.reshape(permuted, reshaped) : permuted;
  });
  return of.keep(uploaded as T);
}

function convolution(of: Context): Layer {
  const [, rows, columns] = of.model.weights.get(of.node.weights['kernel'])!.shape;
  const filter = weight<tf.Tensor4D>(of, 'kernel', [1, 2, 3, 0])!;
  const options = {
    filter,
    strides: pairOf(of, 'strides'),
    pad: padOf(of, [rows, columns]),
    dilations: pairOf(of, 'dilations'),
    bias: weight(of, 'bias'),
    activation: activationOf(of),
  };
  return ([x]) => of.core.fused.conv2d({ x: x as tf.Tensor4D, ...options });
}

function depthwise(of: Context): Layer {
  const [outputs, rows, columns] = of.model.weights.get(of.node.weights['kernel'])!.shape;
  const channels = of.model.tensors.get(of.node.inputs[0])!.shape[2];
  const split = [rows, columns, channels, outputs / channels];
  const filter = weight<tf.Tensor4D>(of, 'kernel', [1, 2, 0, 3], split)!;
  const options = {
    filter,
    strides: pairOf(of, 'strides'),
    // The types say number; the operator takes explicit pads as conv2d does.
    pad: padOf(of, [rows, columns]) as 'same' | 'valid',
    dilations: pairOf(of, 'dilations'),
    bias: weight(of, 'bias'),
    activation: activationOf(of),
  };
  return ([x]) => of.core.fused.depthwiseConv2d({ x: x as tf.Tensor4D, ...options });
}

function dense(of: Context): Layer {
  const b = weight<tf.Tensor2D>(of, 'kernel', [1, 0])!;
  const options = { b, bias: weight(of, 'bias'), activation: activationOf(of) };
  return ([a]) => of.core.fused.matMul({ a, ...options });
}

function activated(of: Context, x: tf.Tensor): tf.Tensor {
  const activation = activationOf(of);
  if (activation === 'linear') return x;
  return activation === 'relu' ? of.core.relu(x) : of.core.relu6(x);
}

function pool(of: Context, kind: 'maxPool' | 'avgPool'): Layer {
  const size = pairOf(of, 'size');
  const strides = pairOf(of, 'strides', size);
  const pad = padOf(of, size);
  return ([x]) => of.core[kind](x as tf.Tensor4D, size, strides, pad);
}

const LAYERS: Record<string, (of: Context) => Layer> = {
  conv2d: convolution,
  depthwise_conv2d: depthwise,
  dense,
  add:
    (of) =>
    ([a, b]) =>
      activated(of, of.core.add(a, b)),
  max_pool2d: (of) => pool(of, 'maxPool'),
  avg_pool2d: (of) => pool(of, 'avgPool'),
  global_avg_pool2d:
    ({ core }) =>
    ([x]) =>
      core.mean(x, [1, 2]),
  global_max_pool2d:
    ({ core }) =>
    ([x]) =>
      core.max(x, [1, 2]),
  relu:
    ({ core }) =>
    ([x]) =>
      core.relu(x),
  relu6:
    ({ core }) =>
    ([x]) =>
      core.relu6(x),
  softmax:
    ({ core }) =>
    ([x]) =>
      core.softmax(x),
  reshape: ({ core, model, node }) => {
    const shape = model.tensors.get(node.outputs[0])!.shape;
    return ([x]) => core.reshape(x, [-1, ...shape]);
  },
};

/**
 * A copy of a tensor's values; the tensor is let go. Not within `tidy`: that looks for tensors in each element of what it returns,
 * which takes 0.2 us an element (measured with tfjs 4.22).
 */
export function readBack(tensor: tf.Tensor): Float32Array {
  const values = tensor.dataSync() as Float32Array<ArrayBuffer>;
  tensor.dispose();
  return values;
}

export interface TfjsExecutor {
  /** Values of `batch` inputs in, of as many first outputs out; the result is a copy. */
  run(input: Float32Array, batch: number): Float32Array;
  dispose(): void;
}

/** @throws RangeError for an operator that has no tfjs form here, and for weights that are not f32. */
export function createExecutor(core: Tf, model: LopModel): TfjsExecutor {
  const kept: tf.Tensor[] = [];
  const keep = <T extends tf.Tensor>(made: T): T => {
    kept.push(core.keep(made));
    return made;
  };
  const layers = model.nodes.map((node) => {
    const make = LAYERS[node.op];
    if (!make)
      throw new RangeError(
        `${node.name}: ${node.op} has no tfjs form here; expected one of ${Object.keys(LAYERS).join(', ')}`,
      );
    return { node, layer: make({ core, model, node, keep }) };
  });
  const [input] = model.inputs;
  const [output] = model.outputs;
  const { shape } = model.tensors.get(input)!;
  const predict = (values: Float32Array, batch: number): tf.Tensor => {
    const tensors = new Map([[input, core.tensor(values, [batch, ...shape])]]);
    for (const { node, layer } of layers)
      tensors.set(node.outputs[0], layer(node.inputs.map((name) => tensors.get(name)!)));
    return tensors.get(output)!;
  };
  return {
    run: (values, batch) => readBack(core.tidy(() => predict(values, batch))),
    dispose: () => core.dispose(kept),
  };
}
