import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import { quantizeKernel } from '../../src/compress/quantize/index.js';
import { dequantizeValue, quantizeValue } from '../../src/ops/arithmetic.js';
import { fakeQuantize, WeightRounder } from '../../src/train/fake-quantize.js';
import { createParameters, graphValues, selectBackend } from '../../src/train/index.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { random, SEED } from '../helpers/random.js';

t.before(() => selectBackend({ prefer: 'cpu' }));

t.test('activations become multiples of the scale; what saturates has no gradient', (t) => {
  const quantization = { scale: 0.5, zeroPoint: -128 };
  const x = tf.tensor1d([-3, 0, 0.2, 0.25, 0.75, 127.4, 200]);
  const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => tf.sum(fakeQuantize(x, quantization)))(x);
  t.same([...fakeQuantize(x, quantization).dataSync()], [0, 0, 0, 0, 1, 127.5, 127.5], 'halves to even');
  t.equal(value.dataSync()[0], 256);
  t.same([...grad.dataSync()], [0, 1, 1, 1, 1, 1, 0]);
  t.end();
});

t.test(`activations are what int8 keeps of them (SEED=${SEED})`, (t) => {
  const { normal, int } = random();
  for (let round = 0; round < 20; round++) {
    const quantization = { scale: Math.fround(0.001 + Math.abs(normal())), zeroPoint: int(-128, 127) };
    const values = Float32Array.from({ length: 200 }, () => 150 * quantization.scale * normal());
    const want = [...values].map((v) => dequantizeValue(quantizeValue(v, quantization), quantization));
    t.same([...fakeQuantize(tf.tensor1d(values), quantization).dataSync()], want);
  }
  t.end();
});

t.test('three bits: the scale of least squared error, and the greatest weight at the greatest level', (t) => {
  const { graph } = new GraphBuilder([4]).add('dense', {}, { kernel: [1, 4] }, { name: 'fc' });
  graph.weights.get('fc/kernel')!.data.set([1, 1, 0, 4.5]);
  const parameters = createParameters(graph);
  const layer = { kernel: 'fc/kernel', bits: 3, per: 'channel', inputScale: 1 } as const;
  const rounded = new WeightRounder([layer]).rounded(parameters.get('fc/kernel')!, parameters);
  // Scale 1.5 makes 1.5, 1.5, 0, 4.5: error 0.5. At 0.95 * 1.5 = 1.425 it is 0.412, at 0.9 * 1.5 = 1.35 0.4475.
  const scale = rounded[0];
  t.ok(Math.abs(scale - 1.425) < 1.425 * 2 ** -10, `scale ${scale}`);
  t.same([...rounded], [scale, scale, 0, 3 * scale]);
  t.end();
});

t.test(`rounded kernels are their own int8 form, at any bits (SEED=${SEED})`, (t) => {
  const { normal, next } = random();
  const shapes = { dense: [6, 10], conv2d: [5, 3, 3, 4], depthwise_conv2d: [4, 3, 3, 1] };
  for (const per of ['channel', 'tensor'] as const)
    for (let bits = 2; bits <= 8; bits++)
      for (const [op, shape] of Object.entries(shapes)) {
        const input = op === 'dense' ? [10] : [5, 5, 4];
        const { graph } = new GraphBuilder(input).add(op, {}, { kernel: shape }, { name: 'layer' });
        const kernel = graph.weights.get('layer/kernel')!;
        const spread = 10 ** (2 * normal());
        kernel.data.forEach((_, i) => (kernel.data[i] = next() < 0.3 ? 0 : spread * normal()));
        const parameters = createParameters(graph);
        const parameter = parameters.get('layer/kernel')!;
        const layer = { kernel: 'layer/kernel', bits, per, inputScale: 1 };
        const values = new WeightRounder([layer]).rounded(parameter, parameters);
        const rounded = graphValues({ ...parameter, values });
        const { data, scale } = quantizeKernel(rounded, shape, { bits, per });
        const size = rounded.length / scale.length;
        const worst = rounded.reduce((most, w, i) => {
          const found = data[i] * scale[Math.floor(i / size)];
          return Math.max(most, w === found ? 0 : Math.abs(found / w - 1));
        }, 0);
        t.ok(worst < 2 ** -21, `${op}, ${bits} bits, per ${per}: off by ${worst}`);
        t.ok(
          kernel.data.every((w: number, i: number) => w !== 0 || rounded[i] === 0),
          'zeros stay',
        );
      }
  t.end();
});
