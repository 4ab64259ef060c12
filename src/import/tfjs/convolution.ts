/** Convolutions, plain and fused. */
import { transposed, type Node } from '../../graph/index.js';
import type { ForeignWeightData, Value } from '../values.js';
import type { Call, Converter, Converters } from './call.js';
import { fused } from './fused.js';
import { imageOf, padsOf, pairOf, type Pair } from './window.js';

/** A filter [rows, columns, ., .] as a kernel of the graph, whose axes are the filter's in this order. */
interface Layout {
  op: 'conv2d' | 'depthwise_conv2d' | 'conv_transpose2d';
  permutation: [number, number, number, number];
  /** The kernel's channels, of the filter's last two axes. */
  channels(third: number, fourth: number): { outputs: number; inputs: number };
}

/** [rows, columns, inputs, outputs] */
const CONV2D: Layout = {
  op: 'conv2d',
  permutation: [3, 0, 1, 2],
  channels: (inputs, outputs) => ({ outputs, inputs }),
};

/** [rows, columns, channels, multiplier] */
const DEPTHWISE: Layout = {
  op: 'depthwise_conv2d',
  permutation: [2, 3, 0, 1],
  channels: (channels, multiplier) => ({ outputs: channels * multiplier, inputs: 1 }),
};

/** [rows, columns, outputs, inputs] */
const TRANSPOSED: Layout = {
  op: 'conv_transpose2d',
  permutation: [2, 0, 1, 3],
  channels: (outputs, inputs) => ({ outputs, inputs }),
};

function kernelOf(call: Call, { permutation, channels }: Layout): ForeignWeightData & { taps: Pair } {
  const { shape, constant } = call.value('filter');
  if (!constant) throw call.wrong('filter', 'a constant', 'a tensor known only at run time');
  if (shape.length !== 4) throw call.wrong('filter', '4 axes', shape);
  const [rows, columns] = shape;
  const { outputs, inputs } = channels(shape[2], shape[3]);
  const data = transposed(constant as Float32Array, shape, permutation);
  return { shape: [outputs, rows, columns, inputs], data, taps: [rows, columns] };
}

function convolution(layout: Layout, argument: string): Converter {
  return (call) => {
    const x = imageOf(call, argument);
    const [, height, width, channels] = x.shape;
    const { taps, ...kernel } = kernelOf(call, layout);
    const block = call.phases.get(x) ?? [1, 1];
    const strides = pairOf(call, 'strides');
    const dilations = pairOf(call, 'dilations', [1, 1]).map((step, axis) => step * block[axis]) as Pair;
    const pads = padsOf(call, [height, width], taps, strides, dilations);
    const attributes: Node['attributes'] = { strides, dilations, pads };
    if (layout === CONV2D && channels !== kernel.shape[3]) attributes.groups = channels / kernel.shape[3];
    const y = fused(call, kernel.shape[0], (name, bias, activation) => {
      return call.builder.op(name, layout.op, [x], { ...attributes, activation }, { kernel, ...bias });
    });
    if (call.phases.has(x)) call.phases.set(y, block);
    return y;
  };
}

/** The gradient of a convolution: its pads are those of the convolution from the output to the input. */
function transposedConvolution(call: Call): Value {
  const x = imageOf(call, 'x');
  const image = x.shape.slice(1, 3);
  const target = call.integers('outputShape').slice(1, 3) as Pair;
  const { taps, ...kernel } = kernelOf(call, TRANSPOSED);
  const strides = pairOf(call, 'strides');
  const pads = padsOf(call, target, taps, strides);
  const least = image.map(
    (length, axis) => (length - 1) * strides[axis] - pads[axis] - pads[axis + 2] + taps[axis],
  );
  const attributes = { strides, pads, output_padding: target.map((length, axis) => length - least[axis]) };
  return call.builder.op(call.name, 'conv_transpose2d', [x], attributes, { kernel });
}

export const convolutions: Converters = {
  _FusedConv2D: convolution(CONV2D, 'x'),
  Conv2D: convolution(CONV2D, 'x'),
  Conv2DBackpropInput: transposedConvolution,
  DepthwiseConv2d: convolution(DEPTHWISE, 'input'),
  DepthwiseConv2dNative: convolution(DEPTHWISE, 'input'),
  FusedDepthwiseConv2dNative: convolution(DEPTHWISE, 'x'),
};
