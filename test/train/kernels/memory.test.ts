import t from 'tap';
import {
  add,
  avgPool,
  conv2d,
  depthwiseConv2d,
  dispose,
  losses,
  matMul,
  maxPool,
  memory,
  oneHot,
  ones,
  randomNormal,
  relu,
  relu6,
  reshape,
  tensor1d,
  train,
  variable,
  zeros,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { batchNormTraining } from '../../../src/train/kernels/batch-norm.js';
import { memoryOf } from '../../../src/train/kernels/simd.js';
import { startWasm } from './compare.js';

const BATCH = 8;

/** A network with every kind of layer, strides and padding included. */
function makeLoss(): { loss: () => Scalar; variables: ReturnType<typeof variable>[] } {
  const x = randomNormal([BATCH, 12, 12, 3]) as Tensor4D;
  const labels = oneHot(tensor1d([0, 1, 2, 3, 0, 1, 2, 3], 'int32'), 4);
  const shapes = [
    [3, 3, 3, 8],
    [3, 3, 8, 1],
    [1, 1, 8, 12],
    [12 * 3 * 3, 4],
  ];
  const weights = shapes.map((shape) => variable(randomNormal(shape, 0, 0.3)));
  const [scale, offset] = [variable(ones([8])), variable(zeros([8]))];
  const bias = variable(zeros([4]));
  const [first, depthwise, pointwise, dense] = weights as unknown as [Tensor4D, Tensor4D, Tensor4D, Tensor2D];
  const loss = (): Scalar => {
    const a = relu(
      batchNormTraining(conv2d(x, first, 1, 'same'), scale as Tensor1D, offset as Tensor1D, 1e-3).y,
    );
    const b = relu6(depthwiseConv2d(maxPool(a, 2, 2, 'same'), depthwise, 1, 'same'));
    const c = avgPool(conv2d(b, pointwise, 1, 'valid'), 2, 2, 'same');
    const logits = add(matMul(reshape(c, [BATCH, -1]) as Tensor2D, dense), bias);
    return losses.softmaxCrossEntropy(labels, logits) as Scalar;
  };
  return { loss, variables: [...weights, scale, offset, bias] };
}

t.test('200 steps leave no tensor, no byte and no heap growth behind', async (t) => {
  const backend = await startWasm();
  const { loss, variables } = makeLoss();
  for (const optimizer of [train.adam(1e-3), train.momentum(1e-2, 0.9)]) {
    const step = (): number => {
      const value = optimizer.minimize(loss, true, variables as never)!;
      const [number] = value.dataSync();
      dispose(value);
      return number;
    };
    const before = step();
    for (let i = 0; i < 10; i++) step();
    const start = { ...memory(), held: backend.numDataIds(), heap: memoryOf(backend).buffer.byteLength };
    let after = 0;
    for (let i = 0; i < 200; i++) after = step();
    const end = memory();
    t.equal(end.numTensors, start.numTensors, 'tensors');
    t.equal(end.numBytes, start.numBytes, 'bytes');
    t.equal(end.numDataBuffers, start.numDataBuffers, 'buffers of the engine');
    t.equal(backend.numDataIds(), start.held, 'buffers of the backend');
    t.equal(memoryOf(backend).buffer.byteLength, start.heap, 'bytes of the heap');
    t.ok(after < before, `the loss falls: ${before} to ${after}`);
    optimizer.dispose();
  }
});
