/** All operators of the runtime by their names in model files. A new one is a file beside this one, and its lines here. */
import { Node, Text } from '../model';
import { equals } from '../text';
import { checkAdd, prepareAdd, runAdd } from './add';
import { checkAvgPool, prepareAvgPool, runAvgPool } from './avg_pool2d';
import { checkConv2d, prepareConv2d, runConv2d } from './conv2d';
import { checkDense, prepareDense, runDense } from './dense';
import { checkDepthwise, prepareDepthwise, runDepthwise } from './depthwise_conv2d';
import { checkDequantize, prepareDequantize, runDequantize } from './dequantize';
import { checkGlobalAvg, checkGlobalMax, prepareGlobal, runGlobalAvg, runGlobalMax } from './global_pool2d';
import { checkMaxPool, prepareMaxPool, runMaxPool } from './max_pool2d';
import { checkQuantize, prepareQuantize, runQuantize } from './quantize';
import { checkRelu, checkRelu6, prepareRelu, runRelu } from './relu';
import { checkReshape, prepareReshape, runReshape } from './reshape';
import { checkSoftmax, prepareSoftmax, runSoftmax } from './softmax';

const NAMES: StaticArray<string> = [
  'conv2d',
  'depthwise_conv2d',
  'dense',
  'add',
  'max_pool2d',
  'avg_pool2d',
  'global_max_pool2d',
  'global_avg_pool2d',
  'relu',
  'relu6',
  'softmax',
  'reshape',
  'quantize',
  'dequantize',
];

/** Proves shapes, types, attributes and weights, and says what layouts must be like. 0 or an error code. */
const CHECKS: StaticArray<(node: Node) => i32> = [
  checkConv2d,
  checkDepthwise,
  checkDense,
  checkAdd,
  checkMaxPool,
  checkAvgPool,
  checkGlobalMax,
  checkGlobalAvg,
  checkRelu,
  checkRelu6,
  checkSoftmax,
  checkReshape,
  checkQuantize,
  checkDequantize,
];

/** Once layouts are fixed: unpacks weights into programs, asks for scratch. 0 or an error code. */
const PREPARES: StaticArray<(node: Node) => i32> = [
  prepareConv2d,
  prepareDepthwise,
  prepareDense,
  prepareAdd,
  prepareMaxPool,
  prepareAvgPool,
  prepareGlobal,
  prepareGlobal,
  prepareRelu,
  prepareRelu,
  prepareSoftmax,
  prepareReshape,
  prepareQuantize,
  prepareDequantize,
];

const RUNS: StaticArray<(node: Node) => void> = [
  runConv2d,
  runDepthwise,
  runDense,
  runAdd,
  runMaxPool,
  runAvgPool,
  runGlobalMax,
  runGlobalAvg,
  runRelu,
  runRelu,
  runSoftmax,
  runReshape,
  runQuantize,
  runDequantize,
];

/** Index of the operator of that name; -1 where there is none. */
export function findOperator(name: Text): i32 {
  for (let i = 0; i < NAMES.length; ++i) if (equals(name.ptr, name.bytes, NAMES[i])) return i;
  return -1;
}

/** Number of inputs: `add` has two. */
export function operatorInputs(operator: u32): u32 {
  return CHECKS[operator] == checkAdd ? 2 : 1;
}

export function check(node: Node): i32 {
  return CHECKS[node.operator](node);
}

export function prepare(node: Node): i32 {
  return PREPARES[node.operator](node);
}

export function run(node: Node): void {
  RUNS[node.operator](node);
}
