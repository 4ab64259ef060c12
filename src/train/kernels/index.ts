// The gradients of tfjs' operators are registered by this package; the Node build of tfjs-core leaves them out.
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {
  copyRegisteredKernels,
  findBackend,
  getKernel,
  registerBackend,
  registerKernel,
  unregisterKernel,
  type KernelConfig,
} from '@tensorflow/tfjs-core';
import { addKernel } from './add.js';
import { batchMatMulKernel } from './batch-mat-mul.js';
import { batchNormKernels, fusedBatchNormKernel, registerBatchNormGradient } from './batch-norm.js';
import { conv2DKernel } from './conv2d.js';
import { conv2DBackpropFilterKernel } from './conv2d-backprop-filter.js';
import { conv2DBackpropInputKernel } from './conv2d-backprop-input.js';
import { depthwiseBackpropFilterKernel } from './depthwise-backprop-filter.js';
import { depthwiseBackpropInputKernel } from './depthwise-backprop-input.js';
import { depthwiseConv2DKernel } from './depthwise-conv2d.js';
import { registerDilatedGradients } from './dilated-grad.js';
import { registerFusedBatchNormGradient } from './fused-batch-norm-grad.js';
import { identityKernel } from './identity.js';
import { poolGradKernels } from './pool-grad.js';
import { registerReluGradients, reluGradKernel } from './relu-grad.js';
import { WASM, type TrainingKernel } from './scratch.js';
import { sumKernel } from './sum.js';
import { unsortedSegmentSumKernel } from './unsorted-segment-sum.js';

/** Kernels that tfjs' wasm backend lacks, or has slower or wrong. */
const KERNELS: TrainingKernel[] = [
  conv2DKernel,
  conv2DBackpropFilterKernel,
  conv2DBackpropInputKernel,
  depthwiseBackpropFilterKernel,
  depthwiseBackpropInputKernel,
  ...poolGradKernels,
  unsortedSegmentSumKernel,
  identityKernel,
  ...batchNormKernels,
  reluGradKernel,
];

/** Kernels that take over some cases of the stock kernel of the same name. */
const WRAPPERS: Record<string, (stock: KernelConfig) => TrainingKernel> = {
  Add: addKernel,
  BatchMatMul: batchMatMulKernel,
  DepthwiseConv2dNative: depthwiseConv2DKernel,
  FusedBatchNorm: fusedBatchNormKernel,
  Sum: sumKernel,
};

/** A second name of the wasm backend, with the kernels that tfjs ships: foreign models are compared with these. */
export const STOCK_WASM = 'stock-wasm';

let registered = false;

/** Makes tfjs' wasm backend able to train. May be called before or after the backend starts, and again. */
export function registerTrainingKernels(): void {
  if (registered) return;
  registered = true;
  copyRegisteredKernels(WASM, STOCK_WASM);
  registerBackend(STOCK_WASM, () => findBackend(WASM));
  for (const kernel of KERNELS) replace(kernel);
  for (const [name, wrap] of Object.entries(WRAPPERS)) replace(wrap(getKernel(name, WASM)));
  registerBatchNormGradient();
  registerFusedBatchNormGradient();
  registerReluGradients();
  registerDilatedGradients();
}

/** Puts `kernel` in the place of the stock one, whose set-up still binds the functions of the wasm module. */
function replace(kernel: TrainingKernel): void {
  const stock = getKernel(kernel.kernelName, WASM);
  if (stock != null) unregisterKernel(kernel.kernelName, WASM);
  registerKernel({ ...kernel, backendName: WASM, setupFunc: stock?.setupFunc });
}
