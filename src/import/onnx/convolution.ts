/** Conv, ConvTranspose and their kernels: ONNX' are [O, C/g, KH, KW], a graph's [O, KH, KW, C/g]. */
import { ImportError } from '../errors.js';
import type { ForeignWeightData } from '../values.js';
import type { Call, Convert } from './call.js';
import { constantWeight, emitLinear } from './int8.js';
import { reshape, type Operand } from './operand.js';
import {
  fromImage,
  imageOf,
  perSide,
  sidesOf,
  spatialRank,
  splitPads,
  explicitPads,
  windowOf,
} from './window.js';

const conv: Convert = (call) => {
  const x = call.input(0);
  const kernel = kernelOf(call, call.input(1));
  const [outputs, rows, columns, inputs] = kernel.shape;
  const groups = call.int('group', 1);
  const channels = x.shape[1];
  if (channels !== inputs * groups || outputs % groups !== 0) {
    throw new ImportError(
      'shape',
      `kernel: expected ${groups} groups of channels for [${x.shape}], got [${outputs},${inputs},${rows},${columns}]`,
    );
  }
  const { strides, dilations, pads } = windowOf(call, x, [rows, columns]);
  const isDepthwise = inputs === 1 && groups === channels && groups > 1;
  return emitLinear(call, {
    op: isDepthwise ? 'depthwise_conv2d' : 'conv2d',
    attributes: { strides, dilations, pads, ...(!isDepthwise && groups > 1 && { groups }) },
    input: (value) => imageOf(call, value),
    output: (stored) => fromImage(stored, { ...x, kind: 'float', codes: undefined }),
    kernel: (w) => kernelOf(call, w),
    kernelAxis: 0,
    bias: call.vector(2, 'bias', outputs),
  });
};

function kernelOf(call: Call, w: Operand): ForeignWeightData {
  const [outputs, inputs, ...taps] = w.shape;
  if (taps.length === 2) return constantWeight(call, w, [0, 2, 3, 1]);
  if (taps.length === 1) return constantWeight(call, w, [0, 2, 1], [outputs, 1, taps[0], inputs]);
  throw new ImportError('shape', `kernel: expected 3 or 4 dimensions, got [${w.shape}]`);
}

/** Kernels are [C, O/g, KH, KW]; a group's inputs follow each other. */
const convTranspose: Convert = (call) => {
  const x = call.input(0);
  const groups = call.int('group', 1);
  const kernel = transposeKernel(call, groups);
  const [outputs, rows, columns] = kernel.shape;
  const window = transposeWindow(call, x, [rows, columns]);
  const bias = call.vector(2, 'bias', outputs);
  const weights = { kernel, ...(bias && { bias: call.weight([outputs], bias) }) };
  const attributes = { ...window, ...(groups > 1 && { groups }) };
  return fromImage(
    call.builder.op(call.name, 'conv_transpose2d', [imageOf(call, x)], attributes, weights),
    x,
  );
};

/** [g, C/g, O/g, KH, KW] -> [g, O/g, KH, KW, C/g] */
function transposeKernel(call: Call, groups: number): ForeignWeightData {
  const w = call.input(1);
  const [inputs, outputs, ...taps] = w.shape;
  const size = taps.length === 1 ? [1, taps[0]] : taps;
  const channels = call.input(0).shape[1];
  if (size.length !== 2 || inputs !== channels || inputs % groups !== 0)
    throw new ImportError(
      'shape',
      `kernel: expected ${channels} inputs in ${groups} groups, got [${w.shape}]`,
    );
  const grouped = reshape(call.builder, w, [groups, inputs / groups, outputs, ...size], call.name);
  return constantWeight(call, grouped, [0, 2, 3, 4, 1], [groups * outputs, ...size, inputs / groups]);
}

interface TransposeWindow {
  strides: number[];
  dilations: number[];
  pads: number[];
  output_padding: number[];
}

/** `output_shape` or `auto_pad` say how much to cut: total = stride * (in - 1) + extent + output_padding - out. */
function transposeWindow(call: Call, x: Operand, size: readonly number[]): TransposeWindow {
  const spatial = spatialRank(call, x);
  const strides = perSide(call, 'strides', spatial, 1);
  const dilations = perSide(call, 'dilations', spatial, 1);
  const output_padding = perSide(call, 'output_padding', spatial, 0);
  const mode = call.text('auto_pad', 'NOTSET');
  const sides = sidesOf(x);
  const wanted = call.ints('output_shape')?.slice(-spatial) ?? [];
  const isSame = mode.startsWith('SAME');
  if (wanted.length === 0 && !isSame)
    return { strides, dilations, output_padding, pads: mode === 'VALID' ? [0, 0, 0, 0] : explicitPads(call) };
  const outputs =
    wanted.length > 0 ? [1, ...wanted].slice(-2) : sides.map((side, axis) => side * strides[axis]);
  const totals = sides.map((side, axis) => {
    const extent = (size[axis] - 1) * dilations[axis] + 1;
    return strides[axis] * (side - 1) + output_padding[axis] + extent - outputs[axis];
  });
  const grown = totals.map((total, axis) => output_padding[axis] + Math.max(0, -total));
  const cut = totals.map((total) => Math.max(0, total));
  // With output_shape onnxruntime puts the odd pixel as SAME_UPPER does only when asked to: else before the image.
  const pads = splitPads(cut, mode === 'SAME_UPPER' ? mode : 'SAME_LOWER');
  return { strides, dilations, output_padding: grown, pads };
}

export const convolution: Record<string, Convert> = { Conv: conv, ConvTranspose: convTranspose };
