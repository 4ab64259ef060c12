import { avgPool2d } from './avg_pool2d.js';
import { batchNorm } from './batch_norm.js';
import { binary } from './binary.js';
import { concat } from './concat.js';
import { constant } from './constant.js';
import { conv2d } from './conv2d.js';
import { convTranspose2d } from './conv_transpose2d.js';
import { dense } from './dense.js';
import { depthwiseConv2d } from './depthwise_conv2d.js';
import { dequantize } from './dequantize.js';
import { dropout } from './dropout.js';
import { gather, gatherNd } from './gather.js';
import { globalAvgPool2d } from './global_avg_pool2d.js';
import { globalMaxPool2d } from './global_max_pool2d.js';
import { gru } from './gru.js';
import { interpolate } from './interpolate.js';
import { layerNorm } from './layer_norm.js';
import { lookup } from './lookup.js';
import { lstm } from './lstm.js';
import { matmul } from './matmul.js';
import { maxPool2d } from './max_pool2d.js';
import { movements, view } from './movement.js';
import type { OpSpec } from './op.js';
import { pad } from './pad.js';
import { pad2d } from './pad2d.js';
import { prelu } from './prelu.js';
import { quantize } from './quantize.js';
import { argReductions, reductions } from './reduce.js';
import { relu } from './relu.js';
import { relu6 } from './relu6.js';
import { reshape } from './reshape.js';
import { resize2d } from './resize2d.js';
import { simpleRnn } from './simple_rnn.js';
import { softmax } from './softmax.js';
import { unary } from './unary.js';
import { where } from './where.js';

const inFiles = [
  conv2d,
  depthwiseConv2d,
  dense,
  constant,
  ...binary,
  where,
  prelu,
  matmul,
  maxPool2d,
  avgPool2d,
  globalMaxPool2d,
  globalAvgPool2d,
  relu,
  relu6,
  ...unary,
  layerNorm,
  softmax,
  ...reductions,
  ...argReductions,
  reshape,
  concat,
  pad,
  view,
  gather,
  gatherNd,
  interpolate,
  lookup,
  lstm,
  gru,
  simpleRnn,
  quantize,
  dequantize,
];

/** Gone after export: folded into their neighbours, dropped or lowered (docs/operators.md, "In files"). */
const onlyInGraphs = [batchNorm, dropout, pad2d, ...movements, resize2d, convTranspose2d];

/** Every operator by name. */
export const ops: ReadonlyMap<string, OpSpec> = new Map(
  [...inFiles, ...onlyInGraphs].map((spec) => [spec.name, spec]),
);

/** The operator called `name`; RangeError, with the names there are, where there is none. */
export function getOp(name: string): OpSpec {
  const spec = ops.get(name);
  if (!spec) throw new RangeError(`op: expected one of ${[...ops.keys()].join(', ')}, got '${name}'`);
  return spec;
}
