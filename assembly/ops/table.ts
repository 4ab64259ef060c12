/** All operators of the runtime by their names in model files. A new one is a file beside this one, its name in names.ts, and its lines here. */
import { isVector } from '../arena';
import { Code, fail } from '../error';
import { runLoops } from '../loops';
import { inputOf, model, Node, Text } from '../model';
import { closePlaces, isInPlace, needPlaces, openPlaces, turnTo } from '../places';
import { wordIndex } from '../text';
import { checkAdd, runAdd } from './add';
import { checkAvgPool } from './avg_pool2d';
import { checkConv2d, prepareConv2d, runConv2d } from './conv2d';
import { checkDense, prepareDense, runDense } from './dense';
import { checkDepthwise, prepareDepthwise, runDepthwise } from './depthwise_conv2d';
import { checkDequantize, isOfPlanes, prepareDequantize, runDequantize, runScores } from './dequantize';
import { checkElementwise, prepareElementwise } from './elementwise';
import { checkGlobalAvg, checkGlobalMax, runGlobalAvg, runGlobalMax } from './global_pool2d';
import { checkMaxPool } from './max_pool2d';
import {
  checkConcat,
  checkConstant,
  checkPad,
  checkView,
  prepareConcat,
  prepareConstant,
  preparePad,
  prepareView,
  runConcat,
  runPad,
  runView,
} from './moves';
import { checkMatmul, prepareMatmul } from './matmul';
import { isElementwise, names, Op } from './names';
import { preparePool, runPool } from './pool';
import { checkRecurrent, prepareRecurrent, runRecurrent } from './recurrent';
import { checkLayerNorm, checkReduce, prepareLayerNorm, runLayerNorm, runReduce } from './reduce';
import { checkQuantize, prepareQuantize, runQuantize, splitsQuantize } from './quantize';
import { checkReshape, prepareReshape, runReshape } from './reshape';
import {
  checkGather,
  checkGatherNd,
  checkInterpolate,
  prepareInterpolate,
  runGather,
  runGatherNd,
  runInterpolate,
} from './take';
import { checkSoftmax, prepareSoftmax, runSoftmax, runSoftmaxImage } from './softmax';

/** Builds with threads would pass their size with these: they leave them to the full build. */
const TAKES: bool = !ASC_FEATURE_THREADS;

/** Number of the operator of that name; -1, with the error recorded, where there is none, or none in this build. */
export function findOperator(name: Text): i32 {
  const operator = wordIndex(names(), name.ptr, name.bytes);
  // operators that a build lacks have the empty name
  if (operator < 0 || !name.bytes) fail(LOPPER_ALL ? Code.OPERATOR : Code.BUILD, -1, 0);
  return operator;
}

/** Whether the operator's loops are for several threads (threads.ts): it then writes nothing but what it claimed. */
export function splits(node: Node): bool {
  if (node.operator == Op.QUANTIZE) return splitsQuantize(node);
  if (LOPPER_FULL && node.operator == Op.DEQUANTIZE) return isOfPlanes(node) && !isVector(inputOf(node, 0));
  if (LOPPER_FULL && isElementwise(node.operator)) return isInPlace(node);
  if (LOPPER_FULL && node.operator > u32(Op.GLOBAL_MAX_POOL2D)) return false;
  return node.operator != Op.SOFTMAX && node.operator != Op.RESHAPE;
}

/** Proves shapes, types, attributes and weights, and says what layouts must be like. 0 or an error code. */
export function check(node: Node): i32 {
  switch (node.operator) {
    case Op.CONV2D:
      return checkConv2d(node);
    case Op.DEPTHWISE_CONV2D:
      return checkDepthwise(node);
    case Op.MAX_POOL2D:
      return checkMaxPool(node);
    case Op.GLOBAL_AVG_POOL2D:
      return checkGlobalAvg(node);
    case Op.DENSE:
      return checkDense(node);
    case Op.ADD:
      return LOPPER_FULL ? checkElementwise(node) : checkAdd(node);
    case Op.SOFTMAX:
      return checkSoftmax(node);
    case Op.RESHAPE:
      return checkReshape(node);
    case Op.QUANTIZE:
      return checkQuantize(node);
    case Op.DEQUANTIZE:
      return checkDequantize(node);
    default:
      return LOPPER_FULL ? checkFull(node) : 0;
  }
}

function checkFull(node: Node): i32 {
  switch (node.operator) {
    case Op.AVG_POOL2D:
      return checkAvgPool(node);
    case Op.GLOBAL_MAX_POOL2D:
      return checkGlobalMax(node);
    case Op.CONSTANT:
      return checkConstant(node);
    case Op.CONCAT:
      return checkConcat(node);
    case Op.VIEW:
      return checkView(node);
    case Op.PAD:
      return checkPad(node);
    case Op.GATHER:
      return TAKES ? checkGather(node) : fail(Code.BUILD, 0, 0);
    case Op.INTERPOLATE:
      return TAKES ? checkInterpolate(node) : fail(Code.BUILD, 0, 0);
    default:
      return LOPPER_ALL ? checkRare(node) : checkElementwise(node);
  }
}

function checkRare(node: Node): i32 {
  switch (node.operator) {
    case Op.GATHER_ND:
      return checkGatherNd(node);
    case Op.MATMUL:
      return checkMatmul(node);
    case Op.LAYER_NORM:
      return checkLayerNorm(node);
    case Op.LSTM:
    case Op.GRU:
    case Op.SIMPLE_RNN:
      return checkRecurrent(node);
    case Op.ARGMAX:
    case Op.ARGMIN:
    case Op.REDUCE_SUM:
    case Op.REDUCE_MEAN:
    case Op.REDUCE_PROD:
    case Op.REDUCE_MAX:
    case Op.REDUCE_MIN:
      return checkReduce(node);
    default:
      return checkElementwise(node);
  }
}

/** Once layouts are fixed: unpacks weights into programs, asks for scratch. 0 or an error code. */
export function prepare(node: Node): i32 {
  switch (node.operator) {
    case Op.CONV2D:
      return prepareConv2d(node);
    case Op.DEPTHWISE_CONV2D:
      return prepareDepthwise(node);
    case Op.MAX_POOL2D:
      return preparePool(node);
    case Op.DENSE:
      return prepareDense(node);
    case Op.SOFTMAX:
      return prepareSoftmax(node);
    case Op.RESHAPE:
      return prepareReshape(node);
    case Op.QUANTIZE:
      return prepareQuantize(node);
    case Op.DEQUANTIZE:
      return prepareDequantize(node);
    default:
      return LOPPER_FULL ? prepareFull(node) : 0;
  }
}

function prepareFull(node: Node): i32 {
  switch (node.operator) {
    case Op.AVG_POOL2D:
      return preparePool(node);
    case Op.GLOBAL_MAX_POOL2D:
    case Op.GLOBAL_AVG_POOL2D:
      return 0;
    case Op.CONSTANT:
      return prepareConstant(node);
    case Op.CONCAT:
      return prepareConcat(node);
    case Op.VIEW:
      return prepareView(node);
    case Op.PAD:
      return preparePad(node);
    case Op.GATHER:
      return needPlaces(node, false, 0);
    case Op.INTERPOLATE:
      return TAKES ? prepareInterpolate(node) : 0;
    default:
      return LOPPER_ALL ? prepareRare(node) : prepareElementwise(node);
  }
}

function prepareRare(node: Node): i32 {
  switch (node.operator) {
    case Op.MATMUL:
      return prepareMatmul(node);
    case Op.LAYER_NORM:
      return prepareLayerNorm(node);
    case Op.LSTM:
    case Op.GRU:
    case Op.SIMPLE_RNN:
      return prepareRecurrent(node);
    case Op.GATHER_ND:
    case Op.ARGMAX:
    case Op.ARGMIN:
    case Op.REDUCE_SUM:
    case Op.REDUCE_MEAN:
    case Op.REDUCE_PROD:
    case Op.REDUCE_MAX:
    case Op.REDUCE_MIN:
      return needPlaces(node, false, 0);
    default:
      return prepareElementwise(node);
  }
}

export function run(node: Node): void {
  switch (node.operator) {
    case Op.CONV2D:
      return runConv2d(node);
    case Op.DEPTHWISE_CONV2D:
      return runDepthwise(node);
    case Op.MAX_POOL2D:
      return runPool(node);
    case Op.GLOBAL_AVG_POOL2D:
      return runGlobalAvg(node);
    case Op.DENSE:
      return runDense(node);
    case Op.ADD:
      return LOPPER_FULL ? runPlaced(node) : runAdd(node);
    case Op.SOFTMAX:
      return LOPPER_FULL ? runPlaced(node) : runSoftmax(node);
    case Op.RESHAPE:
      return runReshape(node);
    case Op.QUANTIZE:
      return runQuantize(node);
    case Op.DEQUANTIZE:
      return LOPPER_FULL ? runDequantize(node) : runScores(node);
    default:
      if (LOPPER_FULL) runFull(node);
  }
}

function runFull(node: Node): void {
  switch (node.operator) {
    case Op.AVG_POOL2D:
      return runPool(node);
    case Op.GLOBAL_MAX_POOL2D:
      return runGlobalMax(node);
    case Op.CONSTANT:
      return;
    default:
      return runPlaced(node);
  }
}

/** Operators that see one image, in places of their own. */
function runPlaced(node: Node): void {
  openPlaces(node);
  for (let i: u32 = 0; i < model.batch; ++i) {
    turnTo(i);
    runImage(node);
  }
  closePlaces(node);
}

function runImage(node: Node): void {
  switch (node.operator) {
    case Op.CONCAT:
      return runConcat(node);
    case Op.VIEW:
      return runView(node);
    case Op.PAD:
      return runPad(node);
    case Op.GATHER:
      if (TAKES) runGather(node);
      return;
    case Op.INTERPOLATE:
      if (TAKES) runInterpolate(node);
      return;
    case Op.SOFTMAX:
      return runSoftmaxImage(node);
    default:
      if (LOPPER_ALL) runRare(node);
      else runLoops(node, 0, 0);
  }
}

function runRare(node: Node): void {
  switch (node.operator) {
    case Op.GATHER_ND:
      return runGatherNd(node);
    case Op.LAYER_NORM:
      return runLayerNorm(node);
    case Op.LSTM:
    case Op.GRU:
    case Op.SIMPLE_RNN:
      return runRecurrent(node);
    case Op.ARGMAX:
    case Op.ARGMIN:
    case Op.REDUCE_SUM:
    case Op.REDUCE_MEAN:
    case Op.REDUCE_PROD:
    case Op.REDUCE_MAX:
    case Op.REDUCE_MIN:
      return runReduce(node);
    default:
      return runLoops(node, 0, 0);
  }
}
