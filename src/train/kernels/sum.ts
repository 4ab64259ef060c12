import {
  backend_util,
  Sum,
  util,
  type KernelConfig,
  type SumAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { columnSums } from './columns.js';
import { floats, trainingKernel, withScratch, type KernelArgs, type TrainingKernel } from './scratch.js';

type Args = KernelArgs<{ x: TensorInfo }, SumAttrs>;

/**
 * Sum over axes. Over the leading ones, as in the gradient of a bias, the stock kernel transposes first; this
 * adds row to row. Other sums are the stock kernel's.
 */
export function sumKernel(stock: KernelConfig): TrainingKernel {
  return trainingKernel(Sum, (args: Args) => {
    const { x } = args.inputs;
    const axes = util.parseAxisParam(args.attrs.axis, x.shape);
    const leading = axes.length < x.shape.length && axes.every((axis) => axis < axes.length);
    if (!leading || x.dtype !== 'float32') return stock.kernelFunc(args as never) as TensorInfo;
    return sumLeading(args, axes);
  });
}

function sumLeading({ inputs: { x }, attrs, backend }: Args, axes: number[]): TensorInfo {
  const [shape, reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const outShape = attrs.keepDims ? backend_util.expandShapeToKeepDim(shape, axes) : shape;
  const output = backend.makeOutput(outShape, 'float32');
  withScratch(backend, (scratch) => {
    const { sums } = columnSums(scratch, x, x, util.sizeFromShape(reduced), util.sizeFromShape(shape));
    floats(backend, output).set(sums);
    return [];
  });
  return output;
}
