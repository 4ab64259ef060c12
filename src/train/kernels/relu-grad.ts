import {
  engine,
  getBackend,
  getGradient,
  registerGradient,
  Relu,
  Relu6,
  util,
  type NamedTensorMap,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { trainingKernel, WASM, type KernelArgs } from './scratch.js';
import { addressOf, simd } from './simd.js';

const RELU_GRAD = 'LopperReluGrad';

type Args = KernelArgs<Record<'x' | 'dy', TensorInfo>, { limit: number }>;

/** `dx = dy` where `0 < x <= limit`, else 0. */
function reluGrad({ inputs: { x, dy }, attrs, backend }: Args): TensorInfo {
  const dx = backend.makeOutput(x.shape, 'float32');
  const [px, pdy, pdx] = [x, dy, dx].map((tensor) => addressOf(backend, tensor));
  simd(backend).f32_relu_grad(util.sizeFromShape(x.shape), px, pdy, attrs.limit, pdx);
  return dx;
}

export const reluGradKernel = trainingKernel(RELU_GRAD, reluGrad);

/**
 * Gradients of relu and relu6 in one pass on the wasm backend, where tfjs' own take three and five; the same on
 * other backends as before.
 */
export function registerReluGradients(): void {
  for (const [kernelName, limit] of [
    [Relu, Infinity],
    [Relu6, 6],
  ] as const) {
    const stock = getGradient(kernelName);
    registerGradient({
      ...stock,
      gradFunc: (dy, saved, attrs) => {
        if (getBackend() !== WASM || saved[0].dtype !== 'float32') return stock.gradFunc(dy, saved, attrs);
        const inputs = { x: saved[0], dy: dy as Tensor } as NamedTensorMap;
        return { x: () => engine().runKernel(RELU_GRAD, inputs, { limit }) as Tensor };
      },
    });
  }
}
