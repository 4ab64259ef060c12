import { Add, util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { floats, trainingKernel, withScratch, type KernelArgs, type TrainingKernel } from './scratch.js';
import { addressOf, simd } from './simd.js';

type Args = KernelArgs<Record<'a' | 'b', TensorInfo>, object>;

/**
 * Sum of two tensors. Adding a bias, one value a channel, takes the stock kernel four times as long as adding
 * tensors of one shape; that case is done here, others by the stock kernel.
 */
export function addKernel(stock: KernelConfig): TrainingKernel {
  return trainingKernel(Add, (args: Args) => {
    const { a, b } = args.inputs;
    const channels = b.shape[0];
    const isBias = b.shape.length === 1 && a.shape.length > 1 && a.shape[a.shape.length - 1] === channels;
    if (!isBias || a.dtype !== 'float32' || b.dtype !== 'float32')
      return stock.kernelFunc(args as never) as TensorInfo;
    return addBias(args, channels);
  });
}

function addBias({ inputs: { a, b }, backend }: Args, channels: number): TensorInfo {
  const output = backend.makeOutput(a.shape, 'float32');
  withScratch(backend, (scratch) => {
    const ones = scratch.allocate([channels]);
    floats(backend, ones).fill(1);
    const [pa, pones, pb, pout] = [a, ones, b, output].map((tensor) => addressOf(backend, tensor));
    simd(backend).f32_scale_columns(util.sizeFromShape(a.shape) / channels, channels, pa, pones, pb, pout);
    return [];
  });
  return output;
}
