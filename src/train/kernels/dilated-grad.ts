import {
  Conv2D,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  DepthwiseConv2dNative,
  DepthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput,
  engine,
  getBackend,
  getGradient,
  registerGradient,
  type NamedAttrMap,
  type NamedTensorMap,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { WASM } from './scratch.js';

const CONVOLUTIONS = [
  { kernelName: Conv2D, input: Conv2DBackpropInput, filter: Conv2DBackpropFilter },
  {
    kernelName: DepthwiseConv2dNative,
    input: DepthwiseConv2dNativeBackpropInput,
    filter: DepthwiseConv2dNativeBackpropFilter,
  },
];

/** Gradients of dilated convolutions, which tfjs refuses, on the wasm backend; all others are tfjs' own. */
export function registerDilatedGradients(): void {
  for (const { kernelName, input, filter } of CONVOLUTIONS) {
    const stock = getGradient(kernelName);
    registerGradient({
      ...stock,
      gradFunc: (dy, saved, attrs) => {
        if (getBackend() !== WASM || !isDilated(attrs)) return stock.gradFunc(dy, saved, attrs);
        const [x, w] = saved;
        const run = (kernel: string, inputs: object, shape: object): Tensor =>
          engine().runKernel(
            kernel,
            inputs as NamedTensorMap,
            { ...attrs, ...shape } as NamedAttrMap,
          ) as Tensor;
        return {
          x: () => run(input, { dy, filter: w }, { inputShape: x.shape }),
          filter: () => run(filter, { x, dy }, { filterShape: w.shape }),
        };
      },
    });
  }
}

function isDilated(attrs: NamedAttrMap): boolean {
  return [attrs.dilations ?? 1].flat().some((dilation) => (dilation as number) > 1);
}
