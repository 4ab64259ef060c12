/** Operators on single numbers of one, two or three tensors, with numpy's broadcasting. In planes where all tensors lie along the output's. The full build's. */
import { isPixel, runOf, share, unite } from '../arena';
import { Code, expect, fail, failReal, lastCode } from '../error';
import { alloc } from '../heap';
import { addLoop, addOuter, closeLoops, openLoops, setStep } from '../loops';
import { DType, inputOf, layoutOf, Node, outputOf, Tensor, Weight } from '../model';
import { needPlaces } from '../places';
import { liesAlong } from '../planes';
import { unpackKept } from '../weights';
import {
  checkDType,
  checkSameQuantization,
  checkSameShape,
  checkSize,
  dimension,
  foundActivation,
  highOf,
  highOfFloat,
  isNatural,
  lowOf,
  lowOfFloat,
  readActivation,
  readChoice,
  real,
  rowStep,
  weightOf,
} from './node';
import { Op } from './names';

@unmanaged
export class Elementwise {
  /** f32: parameters of a function of one number, or the clamp behind one of two; int8: factors of both inputs. */
  alpha: f32;
  beta: f32;
  /** int8: the clamp. */
  low: i32;
  high: i32;
  table: usize;
}

const LARGEST: f32 = 3.4028234663852886e38;
const SELU_SCALE: f32 = 1.0507009873554805;
const SELU_ALPHA: f32 = 1.6732632423543772;

export function checkElementwise(node: Node): i32 {
  const params = changetype<Elementwise>(alloc(offsetof<Elementwise>()));
  if (!changetype<usize>(params)) return Code.MEMORY;
  node.params = changetype<usize>(params);
  const op = node.operator;
  const y = outputOf(node);
  if (checkBroadcast(node, 0) || checkDTypes(node)) return Code.SHAPE;
  if (op == Op.PRELU && checkSameShape(inputOf(node, 0), y)) return Code.SHAPE;
  if (readParameters(node, params)) return Code.ATTRIBUTE;
  if (y.dtype == DType.I8 && op != Op.LOOKUP && checkFactors(node, params)) return Code.OVERFLOW;
  const first = inputOf(node, 0);
  if (node.inputs == 1 && op != Op.LOOKUP && layoutOf(first).last == node.index) share(y, first);
  for (let i: u32 = 0; i < node.inputs; ++i) {
    const x = inputOf(node, i);
    if (liesAlong(x, y)) unite(x, y);
  }
  return 0;
}

/** Where `x` is aligned with the output at the last axis: its size along the output's axis `d`. */
function sizeAt(x: Tensor, y: Tensor, d: u32): u32 {
  const axis = d + x.rank - y.rank;
  return axis < x.rank ? dimension(x, axis) : 1;
}

/** The output's shape, but for its last `rest` axes, is that of the inputs, each of which has an axis' size or 1. */
export function checkBroadcast(node: Node, rest: u32): i32 {
  const y = outputOf(node);
  let rank: u32 = 0;
  for (let i: u32 = 0; i < node.inputs; ++i) rank = max(rank, inputOf(node, i).rank);
  if (checkSize(rank, y.rank)) return Code.SHAPE;
  for (let d: u32 = 0; d + rest < rank; ++d) {
    let most: u32 = 1;
    for (let i: u32 = 0; i < node.inputs; ++i) most = max(most, sizeAt(inputOf(node, i), y, d));
    if (checkSize(most, dimension(y, d))) return Code.SHAPE;
    for (let i: u32 = 0; i < node.inputs; ++i) {
      const size = sizeAt(inputOf(node, i), y, d);
      if (size != 1 && checkSize(most, size)) return Code.SHAPE;
    }
  }
  return 0;
}

/** add, sub, mul and what only compares have an int8 form. */
function checkDTypes(node: Node): i32 {
  const op = node.operator;
  const y = outputOf(node);
  const compares = op == Op.MIN || op == Op.MAX || op == Op.RELU || op == Op.RELU6;
  let dtype: u32 = DType.F32;
  if (op == Op.LOOKUP) dtype = DType.I8;
  if (compares || op == Op.ADD || op == Op.SUB || op == Op.MUL) dtype = y.dtype;
  for (let i: u32 = 0; i <= node.inputs; ++i) {
    const x = inputOf(node, i);
    if (checkDType(x, dtype) || (compares && checkSameQuantization(x, y))) return Code.DTYPE;
  }
  return 0;
}

function readParameters(node: Node, params: Elementwise): i32 {
  const op = node.operator;
  const y = outputOf(node);
  params.alpha = -Infinity;
  params.beta = Infinity;
  params.low = -128;
  params.high = 127;
  if (op == Op.ADD || op == Op.SUB || op == Op.MUL || op == Op.RELU || op == Op.RELU6) {
    if (op < u32(Op.RELU) && readActivation(node)) return Code.ATTRIBUTE;
    const activation = op < u32(Op.RELU) ? foundActivation() : op - Op.RELU + 1;
    params.alpha = lowOfFloat(activation);
    params.beta = highOfFloat(activation);
    params.low = lowOf(activation, y);
    params.high = highOf(activation, y);
    y.natural = isNatural(activation, y);
  } else if (op == Op.LEAKY_RELU || op == Op.ELU) {
    params.alpha = real(node, 'alpha', NaN);
    params.beta = 1;
  } else if (op == Op.SELU) {
    params.alpha = SELU_ALPHA;
    params.beta = SELU_SCALE;
  } else if (op == Op.HARD_SIGMOID) {
    params.alpha = real(node, 'alpha', 0.2);
    params.beta = real(node, 'beta', 0.5);
  } else if (op == Op.CLIP) {
    params.alpha = real(node, 'min', -LARGEST);
    params.beta = real(node, 'max', LARGEST);
  } else if (op == Op.SWISH) params.alpha = real(node, 'beta', 1);
  else if (op == Op.LOOKUP) return readTable(node, params);
  else if (LOPPER_ALL && op == Op.GELU) params.alpha = f32(readChoice(node, 'approximate', 'none tanh '));
  return lastCode();
}

function readTable(node: Node, params: Elementwise): i32 {
  const table = weightOf(node, 'table');
  if (!table) return fail(Code.ROLE, 1, 0);
  params.table = changetype<usize>(table);
  return (
    expect(Code.DTYPE, DType.I8, table.dtype) || checkSize(256, table.outputs) || checkSize(1, table.rank)
  );
}

/** int8 factors (FORMAT.md, Arithmetic), below which `round` is exact. */
function checkFactors(node: Node, params: Elementwise): i32 {
  const op = node.operator;
  if (op != Op.ADD && op != Op.SUB && op != Op.MUL) return 0;
  const a = inputOf(node, 0).scale;
  const b = inputOf(node, 1).scale;
  const y = outputOf(node).scale;
  params.alpha = op == Op.MUL ? (a * b) / y : a / y;
  params.beta = b / y;
  const bound = op == Op.MUL ? 65025 * f64(params.alpha) : 255 * (f64(params.alpha) + f64(params.beta));
  if (op == Op.SUB) params.beta = -params.beta;
  return bound < 4194304 ? 0 : failReal(Code.OVERFLOW, 4194304, bound);
}

export function prepareElementwise(node: Node): i32 {
  const y = outputOf(node);
  if (node.operator == Op.LOOKUP && prepareTable(node)) return Code.VALUES;
  if (!y.planar || isPixel(y)) return prepareRows(node);
  for (let i: u32 = 0; i < node.inputs; ++i) {
    const x = inputOf(node, i);
    if (!(x.planar && liesAlong(x, y)) && !isSpread(x, y)) return prepareRows(node);
  }
  return preparePlanes(node);
}

/** A number for each channel, or for all. */
function isSpread(x: Tensor, y: Tensor): bool {
  return isPixel(x) && (x.channels == y.channels || x.channels == 1);
}

/** A loop over planes, and one over their pixels. */
function preparePlanes(node: Node): i32 {
  const y = outputOf(node);
  const layout = layoutOf(y);
  const pairs = y.dtype == DType.I8;
  if (needPlaces(node, true, 0) || openLoops(node, 1)) return Code.MEMORY;
  for (let i: u32 = 0; i <= node.inputs; ++i) {
    const x = inputOf(node, i);
    const one = x.channels == 1 && y.channels != 1;
    setStep(node, i, one ? 0 : layoutOf(x).plane * layout.element);
  }
  addOuter(layout.planes);
  for (let i: u32 = 0; i <= node.inputs; ++i) {
    const x = inputOf(node, i);
    const step = pairs ? 1 : 4;
    // a kernel reads one number, or one pair, for all pixels
    const still = pairs && x.channels != 1 ? 2 : 0;
    setStep(node, i, isPixel(x) ? still : step);
  }
  addLoop(runOf(layout) << u32(pairs));
  closeLoops();
  return 0;
}

/** A loop for each axis of the output, row-major. */
function prepareRows(node: Node): i32 {
  const y = outputOf(node);
  if (needPlaces(node, false, 0) || openLoops(node, y.rank)) return Code.MEMORY;
  addOuter(1);
  for (let d: u32 = 0; d < y.rank; ++d) {
    for (let i: u32 = 0; i <= node.inputs; ++i) setStep(node, i, stepAt(inputOf(node, i), y, d));
    addLoop(dimension(y, d));
  }
  closeLoops();
  return 0;
}

/** Bytes from one number of `x` to the next along the output's axis `d`; 0 where x is stretched. */
export function stepAt(x: Tensor, y: Tensor, d: u32): i32 {
  if (sizeAt(x, y, d) == 1) return 0;
  return rowStep(x, d + x.rank - y.rank);
}

/** min table of a lookup is known: relaxed dots may read what is never negative. */
function prepareTable(node: Node): i32 {
  const params = changetype<Elementwise>(node.params);
  const weight = changetype<Weight>(params.table);
  params.table = unpackKept(weight);
  if (!params.table) return Code.VALUES;
  let least: i32 = 127;
  for (let i = 0; i < 256; ++i) least = min(least, i32(load<i8>(params.table + i)));
  outputOf(node).natural = least >= 0;
  return 0;
}
