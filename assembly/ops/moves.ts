/** constant, view, concat and pad: numbers that are only moved. The full build's. */
import { isPixel, keepForever, runOf, unite } from '../arena';
import { atMost, Code, expect, fail, failReal, lastCode } from '../error';
import { alloc } from '../heap';
import { round_scalar } from '../kernels/arithmetic';
import { x_copy } from '../kernels/index';
import { addLoop, addOuter, closeLoops, innermostStep, openLoops, runLoops, setStep } from '../loops';
import { DType, inputOf, layoutOf, model, Node, outputOf, Weight } from '../model';
import { imageBytes, pack } from '../pack';
import { needPlaces, placeOf, placeOfOutput } from '../places';
import { joinsPlanes } from '../planes';
import { elementsOf, unpackKept } from '../weights';
import {
  checkDType,
  checkSameQuantization,
  checkSize,
  dimension,
  integerList,
  listLength,
  readChoice,
  real,
  rowStep,
  sizeOf,
  weightOf,
  whole,
} from './node';

/** All inputs, or the first `inputs`, hold the same kind of numbers as the output. */
export function checkMove(node: Node, inputs: u32): i32 {
  const y = outputOf(node);
  for (let i: u32 = 0; i < inputs; ++i) {
    const x = inputOf(node, i);
    if (checkDType(x, y.dtype) || checkSameQuantization(x, y)) return Code.DTYPE;
  }
  return 0;
}

/** y = the weight `value`. */
export function checkConstant(node: Node): i32 {
  const y = outputOf(node);
  const value = weightOf(node, 'value');
  node.params = changetype<usize>(value);
  if (!value) return fail(Code.ROLE, 1, 0);
  return expect(Code.DTYPE, y.dtype, value.dtype) || checkSize(elementsOf(value), y.elements);
}

/** Unpacked once, for as long as the model is loaded; every image reads the same. */
export function prepareConstant(node: Node): i32 {
  const y = outputOf(node);
  let values = unpackKept(changetype<Weight>(node.params));
  if (!values) return Code.VALUES;
  if (y.planar && !isPixel(y)) {
    const rows = values;
    values = layoutOf(y).address = alloc(layoutOf(y).bytes);
    if (!values) return Code.MEMORY;
    const batch = model.batch;
    model.batch = 1;
    pack(y, rows);
    model.batch = batch;
  }
  keepForever(y, values);
  return 0;
}

@unmanaged
class Move {
  /** Bytes from the start of the output, and of the input, to the first number that is moved. */
  offset: u32;
  from: u32;
  /** What pad writes: f32, or int8 as a byte. */
  value: u32;
  /** concat's axis. */
  axis: u32;
  dims: usize;
  strides: usize;
  rank: u32;
}

function createMove(node: Node): Move | null {
  const move = changetype<Move>(alloc(offsetof<Move>()));
  node.params = changetype<usize>(move);
  return changetype<usize>(move) ? move : null;
}

/** y's number at (i_0, ..), row-major over `dims`, is x[offset + sum i_k * strides_k]. */
export function checkView(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const view = createMove(node);
  if (!view) return Code.MEMORY;
  view.dims = integerList(node, 'dims');
  view.rank = listLength;
  view.strides = integerList(node, 'strides');
  if (lastCode() || expect(Code.ATTRIBUTE, view.rank, listLength) || atMost(Code.ATTRIBUTE, 8, view.rank))
    return Code.ATTRIBUTE;
  const offset = whole(node, 'offset', 0, i32.MAX_VALUE, 0);
  let least: i64 = offset;
  let most: i64 = offset;
  let count: u64 = 1;
  for (let k: u32 = 0; k < view.rank; ++k) {
    const dim = load<u32>(view.dims + (k << 2));
    count *= dim;
    if (dim == 0 || count > y.elements) return fail(Code.SHAPE, y.elements, u32(count));
    const reach = i64(dim - 1) * load<i32>(view.strides + (k << 2));
    if (reach < 0) least += reach;
    else most += reach;
  }
  if (least < 0) return failReal(Code.ATTRIBUTE, 0, f64(least));
  if (most >= i64(x.elements)) return failReal(Code.ATTRIBUTE, f64(x.elements), f64(most));
  view.from = offset * sizeOf(x);
  return checkSize(y.elements, count) || checkMove(node, 1);
}

export function prepareView(node: Node): i32 {
  const view = changetype<Move>(node.params);
  const size = sizeOf(outputOf(node));
  if (needPlaces(node, false, 0) || openLoops(node, view.rank)) return Code.MEMORY;
  addOuter(1);
  let step = imageBytes(outputOf(node));
  for (let k: u32 = 0; k < view.rank; ++k) {
    const dim = load<u32>(view.dims + (k << 2));
    step /= dim;
    setStep(node, 1, step);
    setStep(node, 0, load<i32>(view.strides + (k << 2)) * size);
    addLoop(dim);
  }
  setStep(node, 1, size);
  closeLoops();
  return 0;
}

export function runView(node: Node): void {
  runLoops(node, 0, changetype<Move>(node.params).from);
}

/** The inputs one after another along `axis`. */
export function checkConcat(node: Node): i32 {
  const y = outputOf(node);
  const move = createMove(node);
  if (!move || checkMove(node, node.inputs)) return Code.DTYPE;
  move.axis = whole(node, 'axis', 0, i32(y.rank) - 1, -1);
  if (lastCode()) return Code.ATTRIBUTE;
  let length: u64 = 0;
  y.natural = true;
  for (let i: u32 = 0; i < node.inputs; ++i) {
    const x = inputOf(node, i);
    if (checkSize(y.rank, x.rank)) return Code.SHAPE;
    for (let d: u32 = 0; d < y.rank; ++d)
      if (d != move.axis && checkSize(dimension(y, d), dimension(x, d))) return Code.SHAPE;
    length += dimension(x, move.axis);
    if (!x.natural) y.natural = false;
    if (x.planar && y.planar) unite(x, y);
  }
  return checkSize(dimension(y, move.axis), length);
}

/** Whether whole planes are joined. */
function isOfPlanes(node: Node): bool {
  const y = outputOf(node);
  return y.planar && !isPixel(y) && joinsPlanes(node);
}

export function prepareConcat(node: Node): i32 {
  return needPlaces(node, isOfPlanes(node), 0);
}

export function runConcat(node: Node): void {
  const y = outputOf(node);
  const axis = changetype<Move>(node.params).axis;
  const planar = isOfPlanes(node);
  const layout = layoutOf(y);
  // planes are rows of the outermost axis
  const step = planar ? layout.plane * layout.element : rowStep(y, axis) * dimension(y, axis);
  let to = placeOfOutput(node);
  for (let i: u32 = 0; i < node.inputs; ++i) {
    const x = inputOf(node, i);
    let from = placeOf(node, i);
    const part = planar ? step : rowStep(x, axis) * dimension(x, axis);
    const bytes = planar ? runOf(layout) * layout.element : part;
    let at = to;
    for (let n = planar ? layoutOf(x).planes : imageBytes(x) / part; n > 0; --n, from += part, at += step)
      memory.copy(at, from, bytes);
    to = planar ? at : to + part;
  }
}

/** `value` around x. */
export function checkPad(node: Node): i32 {
  const x = inputOf(node, 0);
  const y = outputOf(node);
  const move = createMove(node);
  if (!move || checkMove(node, 1)) return Code.DTYPE;
  readChoice(node, 'mode', 'constant ');
  const value = real(node, 'value', 0);
  const pads = integerList(node, 'pads');
  if (lastCode() || expect(Code.ATTRIBUTE, x.rank << 1, listLength)) return Code.ATTRIBUTE;
  if (checkSize(x.rank, y.rank)) return Code.SHAPE;
  for (let d: u32 = 0; d < x.rank; ++d) {
    const before = load<u32>(pads + (d << 2));
    const after = load<u32>(pads + ((d + x.rank) << 2));
    if (checkSize(dimension(y, d), u64(before) + dimension(x, d) + after)) return Code.SHAPE;
    move.offset += before * rowStep(y, d);
  }
  move.value = reinterpret<u32>(value);
  if (y.dtype == DType.I8) {
    const inverse: f32 = 1 / y.scale;
    const real = min(max(value * inverse, <f32>-2097152), <f32>2097152);
    move.value = min(max(round_scalar(real, y.zero), -128), 127);
  }
  return 0;
}

export function preparePad(node: Node): i32 {
  const x = inputOf(node, 0);
  if (needPlaces(node, false, 0) || openLoops(node, x.rank)) return Code.MEMORY;
  addOuter(1);
  for (let d: u32 = 0; d < x.rank; ++d) {
    setStep(node, 0, rowStep(x, d));
    setStep(node, 1, rowStep(outputOf(node), d));
    addLoop(dimension(x, d));
  }
  setStep(node, 1, sizeOf(x));
  // a kernel writes one number after another: where no axis' numbers lie so, one alone
  if (innermostStep() != sizeOf(x)) addOuter(1);
  return 0;
}

export function runPad(node: Node): void {
  const y = outputOf(node);
  const move = changetype<Move>(node.params);
  const to = placeOfOutput(node);
  if (y.dtype == DType.I8) memory.fill(to, u8(move.value), y.elements);
  else x_copy(4, y.elements, node.params + offsetof<Move>('value'), 0, to);
  runLoops(node, move.offset, 0);
}
