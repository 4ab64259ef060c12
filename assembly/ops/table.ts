/** All operators of the runtime by their names in model files. A new one is a file beside this one, and its lines here. */
import { Code, fail } from '../error';
import { Node, outputOf, Text } from '../model';
import { wordIndex } from '../text';
import { checkAdd, runAdd } from './add';
import { checkAvgPool } from './avg_pool2d';
import { checkConv2d, prepareConv2d, runConv2d } from './conv2d';
import { checkDense, prepareDense, runDense } from './dense';
import { checkDepthwise, prepareDepthwise, runDepthwise } from './depthwise_conv2d';
import { checkDequantize, prepareDequantize, runDequantize } from './dequantize';
import { checkGlobalAvg, checkGlobalMax, runGlobalAvg, runGlobalMax } from './global_pool2d';
import { checkMaxPool } from './max_pool2d';
import { preparePool, runPool } from './pool';
import { checkQuantize, prepareQuantize, runQuantize, splitsQuantize } from './quantize';
import { checkRelu, checkRelu6, runRelu } from './relu';
import { checkReshape, prepareReshape, runReshape } from './reshape';
import { checkSoftmax, prepareSoftmax, runSoftmax } from './softmax';

/** In the order of the numbers below. One string, not an array of them: each costs 28 bytes of header. */
const NAMES: string =
  'conv2d depthwise_conv2d dense add max_pool2d avg_pool2d global_max_pool2d global_avg_pool2d relu relu6 softmax reshape quantize dequantize ';

const enum Op {
  CONV2D,
  DEPTHWISE_CONV2D,
  DENSE,
  ADD,
  MAX_POOL2D,
  AVG_POOL2D,
  GLOBAL_MAX_POOL2D,
  GLOBAL_AVG_POOL2D,
  RELU,
  RELU6,
  SOFTMAX,
  RESHAPE,
  QUANTIZE,
  DEQUANTIZE,
}

/** Number of the operator of that name; -1 where there is none. */
export function findOperator(name: Text): i32 {
  return wordIndex(NAMES, name.ptr, name.bytes);
}

export function operatorInputs(operator: u32): u32 {
  return operator == Op.ADD ? 2 : 1;
}

/** Whether the operator's loops are for several threads (threads.ts): it then writes nothing but what it claimed. */
export function splits(node: Node): bool {
  if (node.operator == Op.QUANTIZE) return splitsQuantize(node);
  if (node.operator == Op.DEQUANTIZE) return !outputOf(node).raw;
  return node.operator != Op.SOFTMAX && node.operator != Op.RESHAPE;
}

/** Proves shapes, types, attributes and weights, and says what layouts must be like. 0 or an error code. */
export function check(node: Node): i32 {
  switch (node.operator) {
    case Op.CONV2D:
      return checkConv2d(node);
    case Op.DEPTHWISE_CONV2D:
      return checkDepthwise(node);
    case Op.DENSE:
      return checkDense(node);
    case Op.ADD:
      return checkAdd(node);
    case Op.MAX_POOL2D:
      return checkMaxPool(node);
    case Op.AVG_POOL2D:
      return LOPPER_FULL ? checkAvgPool(node) : fail(Code.BUILD, 0, Op.AVG_POOL2D);
    case Op.GLOBAL_MAX_POOL2D:
      return LOPPER_FULL ? checkGlobalMax(node) : fail(Code.BUILD, 0, Op.GLOBAL_MAX_POOL2D);
    case Op.GLOBAL_AVG_POOL2D:
      return checkGlobalAvg(node);
    case Op.RELU:
      return LOPPER_FULL ? checkRelu(node) : fail(Code.BUILD, 0, Op.RELU);
    case Op.RELU6:
      return LOPPER_FULL ? checkRelu6(node) : fail(Code.BUILD, 0, Op.RELU6);
    case Op.SOFTMAX:
      return checkSoftmax(node);
    case Op.RESHAPE:
      return checkReshape(node);
    case Op.QUANTIZE:
      return checkQuantize(node);
    default:
      return checkDequantize(node);
  }
}

/** Once layouts are fixed: unpacks weights into programs, asks for scratch. 0 or an error code. */
export function prepare(node: Node): i32 {
  switch (node.operator) {
    case Op.CONV2D:
      return prepareConv2d(node);
    case Op.DEPTHWISE_CONV2D:
      return prepareDepthwise(node);
    case Op.DENSE:
      return prepareDense(node);
    case Op.MAX_POOL2D:
    case Op.AVG_POOL2D:
      return preparePool(node);
    case Op.SOFTMAX:
      return prepareSoftmax(node);
    case Op.RESHAPE:
      return prepareReshape(node);
    case Op.QUANTIZE:
      return prepareQuantize(node);
    case Op.DEQUANTIZE:
      return prepareDequantize(node);
    default:
      return 0;
  }
}

export function run(node: Node): void {
  switch (node.operator) {
    case Op.CONV2D:
      return runConv2d(node);
    case Op.DEPTHWISE_CONV2D:
      return runDepthwise(node);
    case Op.DENSE:
      return runDense(node);
    case Op.ADD:
      return runAdd(node);
    case Op.MAX_POOL2D:
    case Op.AVG_POOL2D:
      return runPool(node);
    case Op.GLOBAL_MAX_POOL2D:
      if (LOPPER_FULL) runGlobalMax(node);
      return;
    case Op.GLOBAL_AVG_POOL2D:
      return runGlobalAvg(node);
    case Op.RELU:
    case Op.RELU6:
      if (LOPPER_FULL) runRelu(node);
      return;
    case Op.SOFTMAX:
      return runSoftmax(node);
    case Op.RESHAPE:
      return runReshape(node);
    case Op.QUANTIZE:
      return runQuantize(node);
    default:
      return runDequantize(node);
  }
}
