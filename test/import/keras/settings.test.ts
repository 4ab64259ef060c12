/** Layers and settings that tf.layers does not have, against their formula in tfjs operators. */
import * as tf from '@tensorflow/tfjs';
import t, { type Test } from 'tap';
import { importModel, type ModelSource } from '../../../src/import/index.js';
import { checkGraph } from '../../../src/ops/check.js';
import { trainForward } from '../../helpers/forward.js';
import { random, SEED } from '../../helpers/random.js';

type Config = Record<string, unknown>;
type Weights = Record<string, tf.Tensor>;

interface Case {
  layer: string;
  config?: Config;
  shape: number[];
  /** Role -> shape of the layer's weights. */
  weights?: Record<string, number[]>;
  /** `2.x`, or Keras 3. */
  version?: string;
  /** What the layer computes of a batch. */
  expected(x: tf.Tensor, weights: Weights): tf.Tensor;
}

/** A Sequential of one layer. */
function sourceOf({ layer, config, shape, version = '2.11.0' }: Case, weights: Weights): ModelSource {
  const settings = { name: 'layer', batch_input_shape: [null, ...shape], ...config };
  return {
    modelTopology: {
      keras_version: version,
      class_name: 'Sequential',
      config: { name: 'model', layers: [{ class_name: layer, config: settings }] },
    },
    weightSpecs: Object.entries(weights).map(([role, weight]) => ({
      name: `layer/${role}`,
      shape: weight.shape,
      dtype: 'float32',
    })),
    weightData: Object.values(weights).map((weight) => Float32Array.from(weight.dataSync()).buffer),
  };
}

async function check(t: Test, test: Case): Promise<void> {
  const r = random();
  const draw = (shape: number[], around = 0): tf.Tensor =>
    tf.tensor(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => around + r.normal() * 0.6),
      shape,
    );
  const weights = Object.fromEntries(
    Object.entries(test.weights ?? {}).map(([role, shape]) => {
      const weight = draw(shape, role === 'gamma' ? 1 : 0);
      return [role, role.includes('variance') ? tf.add(tf.abs(weight), 0.2) : weight];
    }),
  );
  const graph = await importModel(sourceOf(test, weights));
  checkGraph(graph);
  const x = draw([2, ...test.shape]);
  const got = trainForward(graph, [x]).get(graph.outputs[0])!;
  const wanted = test.expected(x, weights);
  t.same(got.shape, wanted.shape);
  const largest = wanted.abs().max().dataSync()[0];
  const difference = tf.sub(got, wanted).abs().max().dataSync()[0];
  t.ok(difference <= 1e-5 * largest, `${difference} of ${largest} (SEED=${SEED})`);
}

const normalized = (x: tf.Tensor, axes: number[], epsilon = 0.001): tf.Tensor => {
  const { mean, variance } = tf.moments(x, axes, true);
  return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)));
};

const kernel1d = (kernel: tf.Tensor): tf.Tensor4D => tf.expandDims(kernel, 0) as tf.Tensor4D;
const row = (x: tf.Tensor): tf.Tensor4D => tf.expandDims(x, 1) as tf.Tensor4D;

const CASES: Record<string, Case> = {
  'ELU alpha': {
    layer: 'ELU',
    config: { alpha: 0.7 },
    shape: [20],
    expected: (x) => tf.where(tf.greater(x, 0), x, tf.mul(tf.expm1(x), 0.7)),
  },
  'LeakyReLU of Keras 3': {
    layer: 'LeakyReLU',
    config: { negative_slope: 0.1 },
    shape: [20],
    expected: (x) => tf.leakyRelu(x, 0.1),
  },
  'ReLU slope and ceiling': {
    layer: 'ReLU',
    config: { negative_slope: 0.1, max_value: 0.8 },
    shape: [30],
    expected: (x) => tf.minimum(tf.leakyRelu(x, 0.1), 0.8),
  },
  'ReLU threshold': {
    layer: 'ReLU',
    config: { threshold: 0.3, negative_slope: 0.5, max_value: 0.9 },
    shape: [30],
    expected: (x) => tf.where(tf.greater(x, 0.3), tf.minimum(x, 0.9), tf.mul(tf.sub(x, 0.3), 0.5)),
  },
  'Softmax, axis 1': {
    layer: 'Softmax',
    config: { axis: 1 },
    shape: [3, 5],
    expected: (x) => tf.transpose(tf.softmax(tf.transpose(x, [0, 2, 1])), [0, 2, 1]),
  },
  'BatchNormalization, axis 1': {
    layer: 'BatchNormalization',
    config: { axis: [1] },
    shape: [3, 4, 5],
    weights: { gamma: [3], beta: [3], moving_mean: [3], moving_variance: [3] },
    expected: (x, w) => {
      const last = tf.transpose(x, [0, 2, 3, 1]);
      const y = tf.batchNorm(
        last as tf.Tensor4D,
        w.moving_mean as tf.Tensor1D,
        w.moving_variance as tf.Tensor1D,
        w.beta as tf.Tensor1D,
        w.gamma as tf.Tensor1D,
        0.001,
      );
      return tf.transpose(y, [0, 3, 1, 2]);
    },
  },
  'LayerNormalization over two axes': {
    layer: 'LayerNormalization',
    config: { axis: [1, 3] },
    shape: [3, 4, 5],
    weights: { gamma: [3, 5], beta: [3, 5] },
    expected: (x, w) => {
      const [gamma, beta] = [w.gamma, w.beta].map((weight) => tf.reshape(weight, [1, 3, 1, 5]));
      return tf.add(tf.mul(normalized(x, [1, 3]), gamma), beta);
    },
  },
  GroupNormalization: {
    layer: 'GroupNormalization',
    config: { groups: 2 },
    shape: [3, 4, 6],
    weights: { gamma: [6], beta: [6] },
    expected: (x, w) => {
      const groups = normalized(tf.reshape(x, [2, 3, 4, 2, 3]), [1, 2, 4]);
      return tf.add(tf.mul(tf.reshape(groups, x.shape), w.gamma), w.beta);
    },
  },
  UnitNormalization: {
    layer: 'UnitNormalization',
    shape: [3, 5],
    expected: (x) => tf.div(x, tf.norm(x, 2, -1, true)),
  },
  'Conv2D in groups': {
    layer: 'Conv2D',
    config: { filters: 6, kernel_size: [3, 2], groups: 2, padding: 'same', activation: 'relu' },
    shape: [5, 6, 4],
    weights: { kernel: [3, 2, 2, 6], bias: [6] },
    expected: (x, w) => {
      const kernels = tf.split(w.kernel, 2, 3);
      const parts = tf
        .split(x, 2, 3)
        .map((part, i) => tf.conv2d(part as tf.Tensor4D, kernels[i] as tf.Tensor4D, 1, 'same'));
      return tf.relu(tf.add(tf.concat(parts, 3), w.bias));
    },
  },
  'Conv1D causal': {
    layer: 'Conv1D',
    config: { filters: 3, kernel_size: [3], padding: 'causal', dilation_rate: [2] },
    shape: [9, 2],
    weights: { kernel: [3, 2, 3], bias: [3] },
    expected: (x, w) => {
      const padded = tf.pad(x, [
        [0, 0],
        [4, 0],
        [0, 0],
      ]) as tf.Tensor3D;
      return tf.add(tf.conv1d(padded, w.kernel as tf.Tensor3D, 1, 'valid', 'NWC', 2), w.bias);
    },
  },
  DepthwiseConv1D: {
    layer: 'DepthwiseConv1D',
    config: { kernel_size: [3], depth_multiplier: 2, padding: 'same' },
    shape: [9, 3],
    weights: { depthwise_kernel: [3, 3, 2], bias: [6] },
    expected: (x, w) =>
      tf.add(tf.squeeze(tf.depthwiseConv2d(row(x), kernel1d(w.depthwise_kernel), 1, 'same'), [1]), w.bias),
  },
  SeparableConv1D: {
    layer: 'SeparableConv1D',
    config: { kernel_size: [3], filters: 4, activation: 'gelu' },
    shape: [9, 3],
    weights: { depthwise_kernel: [3, 3, 1], pointwise_kernel: [1, 3, 4], bias: [4] },
    expected: (x, w) => {
      const y = tf.depthwiseConv2d(row(x), kernel1d(w.depthwise_kernel), 1, 'valid');
      const z = tf.add(tf.conv2d(y, kernel1d(w.pointwise_kernel), 1, 'valid'), w.bias);
      const half = tf.mul(z, tf.add(1, tf.erf(tf.div(z, Math.SQRT2))));
      return tf.squeeze(tf.mul(half, 0.5), [1]);
    },
  },
  Conv1DTranspose: {
    layer: 'Conv1DTranspose',
    config: { kernel_size: [3], filters: 4, strides: [2], padding: 'same' },
    shape: [5, 3],
    weights: { kernel: [3, 4, 3], bias: [4] },
    expected: (x, w) => {
      const y = tf.conv2dTranspose(row(x), kernel1d(w.kernel), [2, 1, 10, 4], [1, 2], 'same');
      return tf.add(tf.squeeze(y, [1]), w.bias);
    },
  },
  'GlobalAveragePooling2D kept': {
    layer: 'GlobalAveragePooling2D',
    config: { keepdims: true, data_format: 'channels_first' },
    shape: [2, 3, 4],
    expected: (x) => tf.mean(x, [2, 3], true),
  },
  ZeroPadding1D: {
    layer: 'ZeroPadding1D',
    config: { padding: [1, 2] },
    shape: [4, 3],
    expected: (x) =>
      tf.pad(x, [
        [0, 0],
        [1, 2],
        [0, 0],
      ]),
  },
  Cropping1D: {
    layer: 'Cropping1D',
    config: { cropping: [1, 2] },
    shape: [6, 3],
    expected: (x) => tf.slice(x, [0, 1, 0], [2, 3, 3]),
  },
  UpSampling1D: {
    layer: 'UpSampling1D',
    config: { size: 3 },
    shape: [3, 2],
    expected: (x) => tf.reshape(tf.tile(tf.expandDims(x, 2), [1, 1, 3, 1]), [2, 9, 2]),
  },
  'UpSampling2D bilinear of Keras': {
    layer: 'UpSampling2D',
    config: { size: [2, 2], interpolation: 'bilinear' },
    shape: [3, 4, 2],
    expected: (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [6, 8], false, true),
  },
  'Resizing, bilinear': {
    layer: 'Resizing',
    config: { height: 5, width: 3 },
    shape: [4, 6, 2],
    expected: (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [5, 3], false, true),
  },
  'Resizing, nearest': {
    layer: 'Resizing',
    config: { height: 5, width: 3, interpolation: 'nearest' },
    shape: [4, 6, 2],
    expected: (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [5, 3], false, true),
  },
  'Rescaling, a number for each channel': {
    layer: 'Rescaling',
    config: { scale: [0.5, 2], offset: [-1, 1] },
    shape: [3, 4, 2],
    expected: (x) => tf.add(tf.mul(x, tf.tensor1d([0.5, 2])), tf.tensor1d([-1, 1])),
  },
  'Normalization by weights': {
    layer: 'Normalization',
    config: { axis: [-1], mean: null, variance: null },
    shape: [3, 4],
    weights: { mean: [4], variance: [4] },
    expected: (x, w) => tf.div(tf.sub(x, w.mean), tf.sqrt(w.variance)),
  },
  'Normalization by settings': {
    layer: 'Normalization',
    config: { axis: null, mean: 0.5, variance: 4 },
    shape: [3, 4],
    expected: (x) => tf.div(tf.sub(x, 0.5), 2),
  },
  'hard_sigmoid of Keras 3': {
    layer: 'Activation',
    config: { activation: 'hard_sigmoid' },
    version: '3.4.1',
    shape: [30],
    expected: (x) => tf.clipByValue(tf.add(tf.div(x, 6), 0.5), 0, 1),
  },
  'a layer as activation': {
    layer: 'Dense',
    config: { units: 3, activation: { class_name: 'LeakyReLU', config: { alpha: 0.3 } } },
    shape: [4],
    weights: { kernel: [4, 3], bias: [3] },
    expected: (x, w) =>
      tf.leakyRelu(tf.add(tf.matMul(x as tf.Tensor2D, w.kernel as tf.Tensor2D), w.bias), 0.3),
  },
};

for (const [name, test] of Object.entries(CASES)) t.test(name, (t) => check(t, test));

const ACTIVATIONS: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  exponential: tf.exp,
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
  hard_silu: (x) => tf.mul(x, tf.clipByValue(tf.add(tf.div(x, 6), 0.5), 0, 1)),
  hard_tanh: (x) => tf.clipByValue(x, -1, 1),
  log_sigmoid: (x) => tf.logSigmoid(x),
  log_softmax: (x) => tf.logSoftmax(x),
  tanh_shrink: (x) => tf.sub(x, tf.tanh(x)),
  soft_shrink: (x) => tf.mul(tf.sign(x), tf.relu(tf.sub(tf.abs(x), 0.5))),
  hard_shrink: (x) => tf.where(tf.greater(tf.abs(x), 0.5), x, tf.zerosLike(x)),
  sparse_plus: (x) =>
    tf.where(
      tf.lessEqual(x, -1),
      tf.zerosLike(x),
      tf.where(tf.less(x, 1), tf.mul(tf.square(tf.add(x, 1)), 0.25), x),
    ),
  sparse_sigmoid: (x) => tf.clipByValue(tf.mul(tf.add(x, 1), 0.5), 0, 1),
  squareplus: (x) => tf.mul(tf.add(x, tf.sqrt(tf.add(tf.square(x), 4))), 0.5),
  leaky_relu: (x) => tf.leakyRelu(x, 0.2),
};

for (const [activation, expected] of Object.entries(ACTIVATIONS)) {
  t.test(`Activation ${activation}`, (t) =>
    check(t, { layer: 'Activation', config: { activation }, shape: [3, 40], expected }),
  );
}
