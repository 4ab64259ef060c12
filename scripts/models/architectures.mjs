// The bundled networks, as tf.layers models with seeded initial weights.
import * as tf from '@tensorflow/tfjs';

const glorot = (seed) => tf.initializers.glorotUniform({ seed });
const he = (seed) => tf.initializers.heNormal({ seed });

/** A convolution as these networks use it: VALID, with bias. */
const conv = (filters, kernelSize, seed, rest = {}) =>
  tf.layers.conv2d({ filters, kernelSize, kernelInitializer: he(seed), ...rest });
const dense = (units, seed, activation, rest = {}) =>
  tf.layers.dense({ units, activation, kernelInitializer: activation === 'relu' ? he(seed) : glorot(seed), ...rest });

export const architectures = {
  /** conv 3x3x12 relu, max pool 2, dense 10: 20,410 parameters. */
  'mnist-cnn': (seed) =>
    tf.sequential({
      name: 'mnist_cnn',
      layers: [
        conv(12, 3, seed, { activation: 'relu', inputShape: [28, 28, 1], name: 'conv' }),
        tf.layers.maxPooling2d({ poolSize: 2, name: 'pool' }),
        tf.layers.flatten({ name: 'flatten' }),
        dense(10, seed + 1, 'softmax', { name: 'scores' }),
      ],
    }),

  /** LeCun et al. 1998, fully connected: 266,610 parameters. */
  'lenet-300-100': (seed) =>
    tf.sequential({
      name: 'lenet_300_100',
      layers: [
        tf.layers.flatten({ inputShape: [28, 28, 1], name: 'flatten' }),
        dense(300, seed, 'relu', { name: 'ip1' }),
        dense(100, seed + 1, 'relu', { name: 'ip2' }),
        dense(10, seed + 2, 'softmax', { name: 'ip3' }),
      ],
    }),

  /** Caffe's LeNet: 20 and 50 filters of 5x5, 500, 10: 431,080 parameters; no activation after the convolutions. */
  'lenet-5': (seed) =>
    tf.sequential({
      name: 'lenet_5',
      layers: [
        conv(20, 5, seed, { inputShape: [28, 28, 1], name: 'conv1' }),
        tf.layers.maxPooling2d({ poolSize: 2, name: 'pool1' }),
        conv(50, 5, seed + 1, { name: 'conv2' }),
        tf.layers.maxPooling2d({ poolSize: 2, name: 'pool2' }),
        tf.layers.flatten({ name: 'flatten' }),
        dense(500, seed + 2, 'relu', { name: 'ip1' }),
        dense(10, seed + 3, 'softmax', { name: 'ip2' }),
      ],
    }),
};
