/** A dense int8 graph as ONNX, with onnxruntime's quantized operators, so that it runs the same network in int8. */
import type { LopModel, LopQuantization } from '../../format/index.js';
import {
  columnsChannelsFirst,
  convert,
  emit,
  initializer,
  kernelChannelsFirst,
  pool,
  reshape,
  shapeOf,
  windowAttributes,
  type Attributes,
  type Conversion,
} from './conversion.js';

/** onnxruntime's own operators. */
const MICROSOFT = 'com.microsoft';

/**
 * Activations go as uint8, `q + 128`, as onnxruntime's quantizer writes them: the same real values, as the zero point moves
 * along. With int8 onnxruntime-web 1.30 is 2 to 12 times as slow (resnet-50: 1916 ms against 160).
 */
const SHIFT = 128;

function quantizationOf(to: Conversion, tensor: string): LopQuantization {
  const { quantization } = to.model.tensors.get(tensor)!;
  if (quantization) return quantization;
  throw new RangeError(`${to.node.name}: expected int8 activations, got f32 '${tensor}'`);
}

/** Names of a tensor's scale and zero point, as two initializers. */
function quantizationInputs(to: Conversion, tensor: string): string[] {
  const { scale, zeroPoint } = quantizationOf(to, tensor);
  return [
    initializer(to, `activation:${tensor}/scale`, [], Float32Array.of(scale)),
    initializer(to, `activation:${tensor}/zero`, [], Uint8Array.of(zeroPoint + SHIFT)),
  ];
}

/** A tensor with its scale and zero point: how quantized operators take their inputs. */
const quantized = (to: Conversion, tensor: string): string[] => [tensor, ...quantizationInputs(to, tensor)];

/**
 * Quantized operators have no fused activation: the clamp to 0..255 is one already, where the output's range is the
 * activation's. Throws RangeError where it is not.
 */
function checkActivation(to: Conversion): void {
  const activation = to.node.attributes['activation'] ?? 'linear';
  const tensor = to.model.tensors.get(to.node.outputs[0])!;
  if (activation === 'linear') return;
  const { scale, zeroPoint } = quantizationOf(to, tensor.name);
  const top = activation === 'relu6' ? (127 - zeroPoint) * scale : 6;
  if (zeroPoint === -128 && top < 6 + scale) return;
  throw new RangeError(
    `${to.node.name}: expected an output range of ${activation === 'relu6' ? '0..6' : '0 and more'} for ${activation}, ` +
      `got scale ${scale}, zero point ${zeroPoint}`,
  );
}

interface Int8Weights {
  name: string;
  shape: number[];
  data: Int8Array;
  /** Names of the initializers of the scales and the zero points, one an output. */
  quantization: string[];
  /** Name of the initializer of the bias, int32. */
  bias: string;
}

function weightsOf(to: Conversion): Int8Weights {
  const { model, node } = to;
  const kernel = model.weights.get(node.weights['kernel'])!;
  const scale = model.weights.get(node.weights['scale']);
  if (!(kernel.data instanceof Int8Array) || !scale)
    throw new RangeError(`${node.name}: expected int8 weights, got ${kernel.dtype}`);
  const [outputs] = kernel.shape;
  const bias = model.weights.get(node.weights['bias']);
  const quantization = [
    initializer(to, scale.name, scale.shape, Float32Array.from(scale.data)),
    initializer(to, `${kernel.name}/zero`, scale.shape, new Int8Array(scale.data.length)),
  ];
  const whole = bias ? Int32Array.from(bias.data) : new Int32Array(outputs);
  const { name, shape, data } = kernel;
  return { name, shape, data, quantization, bias: initializer(to, `${node.name}/bias`, [outputs], whole) };
}

function convolution(to: Conversion, depthwise: boolean): void {
  checkActivation(to);
  const { name, shape, data, quantization, bias } = weightsOf(to);
  const [input] = to.node.inputs;
  const [output] = to.node.outputs;
  const [O, KH, KW, I] = shape;
  const kernel = initializer(to, name, [O, I, KH, KW], kernelChannelsFirst(data, shape));
  const group = depthwise ? shapeOf(to.model, input)[2] : 1;
  const inputs = [...quantized(to, input), kernel, ...quantization, ...quantizationInputs(to, output), bias];
  emit(to, 'QLinearConv', inputs, output, windowAttributes(to, [KH, KW], group));
}

/** `[O, I]` as `[I, O]`. */
function transpose(data: Int8Array, [O, I]: readonly number[]): Int8Array {
  return Int8Array.from(data, (_, at) => data[(at % O) * I + Math.floor(at / O)]);
}

function emitMicrosoft(
  to: Conversion,
  op: string,
  inputs: string[],
  output: string,
  attributes: Attributes = {},
): void {
  emit(to, op, inputs, output, attributes, MICROSOFT);
}

/** QGemm; without an output scale it gives f32, as a last layer does. */
function dense(to: Conversion): void {
  const { name, shape, data, quantization, bias } = weightsOf(to);
  const [input] = to.node.inputs;
  const [output] = to.node.outputs;
  const image = to.channelFirst.get(input);
  const columns = image ? columnsChannelsFirst(data, shape[0], image) : data;
  const kernel = initializer(to, name, [shape[1], shape[0]], transpose(columns, shape));
  const inputs = [...quantized(to, input), kernel, ...quantization, bias];
  const int8 = to.model.tensors.get(output)!.dtype === 'i8';
  if (int8) checkActivation(to);
  else if ((to.node.attributes['activation'] ?? 'linear') !== 'linear')
    throw new RangeError(`${to.node.name}: expected no activation behind f32 scores`);
  emitMicrosoft(to, 'QGemm', int8 ? [...inputs, ...quantizationInputs(to, output)] : inputs, output);
}

function add(to: Conversion): void {
  checkActivation(to);
  const [output] = to.node.outputs;
  const inputs = to.node.inputs.flatMap((input) => quantized(to, input));
  emitMicrosoft(to, 'QLinearAdd', [...inputs, ...quantizationInputs(to, output)], output);
}

function averagePool(to: Conversion): void {
  const [input] = to.node.inputs;
  const [output] = to.node.outputs;
  const inputs = [...quantized(to, input), ...quantizationInputs(to, output)];
  emitMicrosoft(to, 'QLinearGlobalAveragePool', inputs, `${output}/image`);
  emit(to, 'Flatten', [`${output}/image`], output);
}

const converters: Record<string, (to: Conversion) => void> = {
  conv2d: (to) => convolution(to, false),
  depthwise_conv2d: (to) => convolution(to, true),
  dense,
  add,
  max_pool2d: (to) => pool(to, 'MaxPool'),
  global_avg_pool2d: averagePool,
  reshape,
  softmax: (to) => emit(to, 'Softmax', to.node.inputs, to.node.outputs[0], { axis: { int: 1 } }),
  quantize: (to) => {
    const [output] = to.node.outputs;
    emit(to, 'QuantizeLinear', [...to.node.inputs, ...quantizationInputs(to, output)], output);
  },
  dequantize: (to) => emit(to, 'DequantizeLinear', quantized(to, to.node.inputs[0]), to.node.outputs[0]),
};

/**
 * ONNX bytes of an int8 graph whose input and output are f32. Throws RangeError for an operator that has no quantized form here,
 * and for an activation that its output's range does not hold.
 */
export const int8GraphToOnnx = (model: LopModel, batch = 1): Uint8Array => convert(model, converters, batch);
