import { elements, type GraphIndex, type Node } from '../../graph/index.js';
import { attributesOf } from '../../ops/check.js';
import { eachNode } from '../rewrite.js';
import { ungrouped } from './groups.js';
import { becomeView } from './movement.js';

/**
 * A transposed convolution is one ordinary convolution that gives, at each pixel, the s x s results of its strides (its
 * phases) in as many channels, then the view that puts them where they belong.
 */
export const lowerConvTranspose = eachNode((index, node) => {
  if (node.op !== 'conv_transpose2d') return;
  const [height, width, channels] = index.tensor(node.inputs[0]).shape;
  const [tall, wide, outputs] = index.outputOf(node).shape;
  const { kernel, bias } = index.weights(node);
  const attributes = attributesOf(node) as Record<string, number[]>;
  const groups = Number(attributes.groups);
  const axis = (i: 0 | 1, length: number, size: number): AxisPlan =>
    planAxis(
      length,
      size,
      kernel.shape[1 + i],
      attributes.strides[i],
      attributes.dilations[i],
      attributes.pads[i],
    );
  const [rows, columns] = [axis(0, height, tall), axis(1, width, wide)];
  const isDepthwise = groups > 1 && groups === channels;
  const source = isDepthwise || groups === 1 ? kernel : ungrouped(kernel, groups);
  const phases = rows.stride * columns.stride;
  const place = isDepthwise
    ? (o: number, phase: number) => o * phases + phase
    : (o: number, phase: number) => phase * outputs + o;
  const expanded = phaseKernel(source.data as Float32Array, source.shape, rows, columns, place);
  const weights: Record<string, string> = {
    kernel: index.addWeight(`${node.name}/kernel`, { ...kernel, ...expanded }),
  };
  if (bias) {
    const data = new Float32Array(outputs * phases);
    for (let o = 0; o < outputs; o++)
      for (let phase = 0; phase < phases; phase++) data[place(o, phase)] = bias.data[o];
    weights.bias = index.addWeight(`${node.name}/bias`, { ...bias, shape: [data.length], data });
  }
  const convolution = {
    op: isDepthwise ? 'depthwise_conv2d' : 'conv2d',
    inputs: node.inputs,
    attributes: {
      dilations: [rows.dilation, columns.dilation],
      pads: [rows.before, columns.before, rows.after, columns.after],
      activation: String(attributes.activation),
    },
    weights,
  };
  const shape = [rows.length, columns.length, outputs * phases];
  if (`${shape}` === `${[tall, wide, outputs]}`) {
    index.change(node, convolution);
    return;
  }
  const output = { shape, dtype: 'f32' as const };
  const made = index.insert({ name: `${node.name}/phases`, ...convolution, output });
  index.change(node, { inputs: made.outputs, weights: {}, attributes: {} });
  interleave(index, node, rows, columns, isDepthwise ? [1, phases] : [outputs, 1]);
});

/** One axis of the convolution that stands for a transposed one. */
interface AxisPlan {
  stride: number;
  /** Wanted elements of the result along the axis, and how many of each phase there are. */
  size: number;
  blocks: number;
  /** Of the convolution's result: at least `blocks`. */
  length: number;
  taps: number;
  dilation: number;
  before: number;
  after: number;
  /** Which tap of the transposed kernel stands at tap `t` of a phase; -1 for none. */
  tapAt(phase: number, t: number): number;
}

/**
 * Result q = s*m + phase is the sum over k of `w[k] * x[m + a]` with `s*a = phase + pad - k*d` where that is divisible: each phase has
 * its own taps k, at offsets a. One window takes in the offsets of all phases.
 */
function planAxis(
  from: number,
  size: number,
  taps: number,
  stride: number,
  dilation: number,
  pad: number,
): AxisPlan {
  const offsets: number[] = [];
  for (let phase = 0; phase < stride; phase++)
    for (let k = 0; k < taps; k++)
      if (modulo(phase + pad - k * dilation, stride) === 0)
        offsets.push((phase + pad - k * dilation) / stride);
  const first = Math.min(0, ...offsets);
  const last = Math.max(first, ...offsets);
  // Offsets of a single phase keep their distance; zeros in between only where several phases, or the image's edge, mix them.
  const apart = stride === 1 && first === Math.min(...offsets) ? dilation : 1;
  const blocks = Math.ceil(size / stride);
  const after = Math.max(0, blocks + last - from);
  return {
    stride,
    size,
    blocks,
    length: from - first + after - (last - first),
    taps: (last - first) / apart + 1,
    dilation: apart,
    // not -first: an i32 attribute cannot hold -0
    before: 0 - first,
    after,
    tapAt: (phase, t) => {
      const reach = phase + pad - stride * (first + t * apart);
      const k = reach / dilation;
      return Number.isInteger(k) && k >= 0 && k < taps ? k : -1;
    },
  };
}

function modulo(a: number, b: number): number {
  return ((a % b) + b) % b;
}

/** Kernel [O,KH,KW,C] -> [phases * O, rows.taps, columns.taps, C]; output `place(o, phase)`. */
function phaseKernel(
  data: Float32Array,
  [outputs, height, width, channels]: number[],
  rows: AxisPlan,
  columns: AxisPlan,
  place: (o: number, phase: number) => number,
): { shape: number[]; data: Float32Array } {
  const shape = [outputs * rows.stride * columns.stride, rows.taps, columns.taps, channels];
  const made = new Float32Array(elements(shape));
  const copyTap = (o: number, py: number, ty: number, px: number, tx: number): void => {
    const [ky, kx] = [rows.tapAt(py, ty), columns.tapAt(px, tx)];
    if (ky < 0 || kx < 0) return;
    const from = ((o * height + ky) * width + kx) * channels;
    const row = place(o, py * columns.stride + px);
    made.set(data.subarray(from, from + channels), ((row * rows.taps + ty) * columns.taps + tx) * channels);
  };
  for (let o = 0; o < outputs; o++)
    for (let py = 0; py < rows.stride; py++)
      for (let px = 0; px < columns.stride; px++)
        for (let ty = 0; ty < rows.taps; ty++)
          for (let tx = 0; tx < columns.taps; tx++) copyTap(o, py, ty, px, tx);
  return { shape, data: made };
}

/** `node` becomes the view that interleaves phases; where the result ends within a block, a second one cuts it. */
function interleave(
  index: GraphIndex,
  node: Node,
  rows: AxisPlan,
  columns: AxisPlan,
  [phaseStride, outputStride]: [number, number],
): void {
  const input = index.tensor(node.inputs[0]);
  const outputs = index.outputOf(node).shape[2];
  const depth = input.shape[2];
  const view = {
    dims: [rows.blocks, rows.stride, columns.blocks, columns.stride, outputs],
    strides: [columns.length * depth, columns.stride * phaseStride, depth, phaseStride, outputStride],
    offset: 0,
  };
  const whole = [rows.blocks * rows.stride, columns.blocks * columns.stride, outputs];
  if (rows.size === whole[0] && columns.size === whole[1]) {
    becomeView(index, node, view);
    return;
  }
  const output = { shape: whole, dtype: 'f32' as const };
  const made = index.insert({
    name: `${node.name}/interleaved`,
    op: 'view',
    inputs: node.inputs,
    attributes: { ...view },
    output,
  });
  index.change(node, { inputs: made.outputs });
  becomeView(index, node, {
    dims: [rows.size, columns.size, outputs],
    strides: [whole[1] * outputs, outputs, 1],
    offset: 0,
  });
}
