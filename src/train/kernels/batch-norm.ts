import {
  batchNorm,
  engine,
  FusedBatchNorm,
  getBackend,
  moments,
  registerGradient,
  util,
  type FusedBatchNormAttrs,
  type KernelConfig,
  type NamedTensorMap,
  type Tensor,
  type Tensor1D,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { columnSums } from './columns.js';
import {
  floats,
  trainingKernel,
  WASM,
  withScratch,
  type KernelArgs,
  type Scratch,
  type TrainingKernel,
} from './scratch.js';
import { addressOf, simd } from './simd.js';

const BATCH_NORM = 'LopperBatchNorm';
const BATCH_NORM_GRAD = 'LopperBatchNormGrad';

/** What batch normalization gives while training. */
export interface BatchNormResult<T extends Tensor> {
  /** The normalized tensor, of the shape of the input. */
  y: T;
  /** Mean and variance (of the population, not the sample) of each channel over this batch. */
  mean: Tensor1D;
  variance: Tensor1D;
}

/**
 * Batch normalization with the statistics of this batch, over every dimension but the last (Ioffe and Szegedy,
 * 2015): `y = (x - mean) / sqrt(variance + epsilon) * scale + offset`. Differentiable in x, scale and offset;
 * mean and variance are for moving averages: do not make a loss of them.
 *
 * On the wasm backend these are two passes over memory forward and two backward. tfjs' own moments, batchNorm and
 * their gradients make about twenty, one of them a `tile` of 73 ms for a million elements.
 */
export function batchNormTraining<T extends Tensor>(
  x: T,
  scale: Tensor1D,
  offset: Tensor1D,
  epsilon: number,
): BatchNormResult<T> {
  if (getBackend() === WASM) {
    const inputs = { x, scale, offset } as NamedTensorMap;
    const [y, mean, variance] = engine().runKernel(BATCH_NORM, inputs, { epsilon }) as Tensor[];
    return { y: y as T, mean: mean as Tensor1D, variance: variance as Tensor1D };
  }
  const axes = x.shape.map((_, axis) => axis).slice(0, -1);
  const { mean, variance } = moments(x, axes);
  const y = batchNorm(x, mean as Tensor1D, variance as Tensor1D, offset, scale, epsilon) as T;
  return { y, mean: mean as Tensor1D, variance: variance as Tensor1D };
}

interface Attrs {
  epsilon: number;
}
type Forward = KernelArgs<Record<'x' | 'scale' | 'offset', TensorInfo>, Attrs>;
type Backward = KernelArgs<Record<'x' | 'scale' | 'mean' | 'variance' | 'dy', TensorInfo>, Attrs>;

function forward({ inputs: { x, scale, offset }, attrs, backend }: Forward): TensorInfo[] {
  const channels = scale.shape[0];
  const rows = util.sizeFromShape(x.shape) / channels;
  const y = backend.makeOutput(x.shape, 'float32');
  const mean = backend.makeOutput([channels], 'float32');
  const variance = backend.makeOutput([channels], 'float32');
  return withScratch(backend, (scratch) => {
    const { sums, products } = columnSums(scratch, x, x, rows, channels);
    const [means, variances] = [mean, variance].map((tensor) => floats(backend, tensor));
    for (let c = 0; c < channels; c++) {
      // Sums in double precision leave the difference of squares 29 bits more than a float has.
      const m = sums[c] / rows;
      means[c] = m;
      variances[c] = Math.max(0, products[c] / rows - m * m);
    }
    normalize(scratch, { x, mean, variance, scale, offset }, attrs.epsilon, y);
    return [y, mean, variance];
  });
}

interface NormInputs {
  x: TensorInfo;
  mean: TensorInfo;
  variance: TensorInfo;
  scale?: TensorInfo;
  offset?: TensorInfo;
}

/** `y = x * factor + shift`, with `factor = scale / sqrt(variance + epsilon)`, `shift = offset - mean * factor`. */
function normalize(scratch: Scratch, inputs: NormInputs, epsilon: number, y: TensorInfo): void {
  const { backend } = scratch;
  const channels = inputs.mean.shape[0];
  const [factor, shift] = [0, 1].map(() => scratch.allocate([channels]));
  const valuesOf = (tensor?: TensorInfo): Float32Array | undefined => tensor && floats(backend, tensor);
  const [means, variances, scales, offsets] = [inputs.mean, inputs.variance, inputs.scale, inputs.offset].map(
    valuesOf,
  );
  const [factors, shifts] = [floats(backend, factor), floats(backend, shift)];
  for (let c = 0; c < channels; c++) {
    const f = (scales?.[c] ?? 1) / Math.sqrt(variances![c] + epsilon);
    factors[c] = f;
    shifts[c] = (offsets?.[c] ?? 0) - means![c] * f;
  }
  const rows = util.sizeFromShape(inputs.x.shape) / channels;
  const [px, pf, ps, py] = [inputs.x, factor, shift, y].map((tensor) => addressOf(backend, tensor));
  simd(backend).f32_scale_columns(rows, channels, px, pf, ps, py);
}

/**
 * With n rows, r = 1 / sqrt(variance + epsilon) and z = (x - mean) * r:
 * `dscale = sum dy*z`, `doffset = sum dy`, `dx = scale*r * (dy - doffset/n - z * dscale/n)`.
 */
function backward({ inputs, attrs, backend }: Backward): TensorInfo[] {
  const { x, dy, scale } = inputs;
  const channels = scale.shape[0];
  const rows = util.sizeFromShape(x.shape) / channels;
  const dx = backend.makeOutput(x.shape, 'float32');
  const dscale = backend.makeOutput([channels], 'float32');
  const doffset = backend.makeOutput([channels], 'float32');
  return withScratch(backend, (scratch) => {
    const factors = [0, 1, 2].map(() => scratch.allocate([channels]));
    const { sums, products } = columnSums(scratch, dy, x, rows, channels);
    const [ofDy, ofX, constant] = factors.map((tensor) => floats(backend, tensor));
    const [ofScale, ofOffset] = [dscale, doffset].map((tensor) => floats(backend, tensor));
    const [scales, means, variances] = [scale, inputs.mean, inputs.variance].map((tensor) =>
      floats(backend, tensor),
    );
    for (let c = 0; c < channels; c++) {
      const r = 1 / Math.sqrt(variances[c] + attrs.epsilon);
      const dz = (products[c] - means[c] * sums[c]) * r;
      const slope = (-scales[c] * r * r * dz) / rows;
      ofScale[c] = dz;
      ofOffset[c] = sums[c];
      ofDy[c] = scales[c] * r;
      ofX[c] = slope;
      constant[c] = (-scales[c] * r * sums[c]) / rows - slope * means[c];
    }
    const pointers = [dy, factors[0], x, factors[1], factors[2], dx].map((tensor) =>
      addressOf(backend, tensor),
    );
    simd(backend).f32_combine_columns(rows, channels, ...pointers);
    return [dx, dscale, doffset];
  });
}

/** Batch normalization with given statistics. The stock kernel takes 4 ns an element, this 0.3. */
export function fusedBatchNormKernel(stock: KernelConfig): TrainingKernel {
  type Args = KernelArgs<NormInputs, FusedBatchNormAttrs>;
  return trainingKernel(FusedBatchNorm, (args: Args) => {
    const { inputs, attrs, backend } = args;
    const { x, mean, variance, scale, offset } = inputs;
    const perChannel = [mean, variance, scale, offset].every((p) => p == null || p.shape.length === 1);
    if (!perChannel || x.dtype !== 'float32') return stock.kernelFunc(args as never) as TensorInfo;
    const y = backend.makeOutput(x.shape, 'float32');
    withScratch(backend, (scratch) => {
      normalize(scratch, inputs, attrs.varianceEpsilon, y);
      return [];
    });
    return y;
  });
}

export const batchNormKernels = [
  trainingKernel(BATCH_NORM, forward),
  trainingKernel(BATCH_NORM_GRAD, backward),
];

/** Makes `batchNormTraining` differentiable on the wasm backend. */
export function registerBatchNormGradient(): void {
  registerGradient({
    kernelName: BATCH_NORM,
    inputsToSave: ['x', 'scale'],
    outputsToSave: [false, true, true],
    gradFunc: (dys, saved, attrs) => {
      const [x, scale, mean, variance] = saved;
      const inputs = { x, scale, mean, variance, dy: (dys as Tensor[])[0] } as NamedTensorMap;
      const [dx, dscale, doffset] = engine().runKernel(BATCH_NORM_GRAD, inputs, attrs) as Tensor[];
      return { x: () => dx, scale: () => dscale, offset: () => doffset };
    },
  });
}
