/** What an operator asks of its node: attributes and weights by name, shapes, and the plain checks. 0 is "fine" everywhere. */
import { atMost, Code, expect, fail, failReal } from '../error';
import { DType, Node, Tensor, textAt, Weight, weightAt } from '../model';
import { equals, wordIndex } from '../text';

/** Values of the integer list found last. */
export const list: usize = memory.data(16, 4);

function isText(index: u32, text: string): bool {
  return equals(textAt(index).ptr, textAt(index).bytes, text);
}

/** Address of the attribute's type byte, or 0 where the node has none of that name. */
function findAttribute(node: Node, key: string): usize {
  let ptr = node.attributeList;
  while (ptr < node.attributeEnd) {
    const type = load<u8>(ptr, 2);
    if (isText(load<u16>(ptr), key)) {
      ++node.usedAttributes;
      return ptr + 2;
    }
    ptr += 3 + (type <= 1 ? 4 : type == 2 ? 1 + (usize(load<u8>(ptr, 3)) << 2) : 2);
  }
  return 0;
}

/** Reads `count` integers in least..most to `list`; where absent and not `required`, all are `least`. */
export function integers(node: Node, key: string, count: u32, least: i32, most: i32, required: bool): i32 {
  const ptr = findAttribute(node, key);
  if (!ptr) {
    for (let i: u32 = 0; i < count; ++i) store<i32>(list + (i << 2), least);
    return required ? fail(Code.ATTRIBUTE, count, 0) : 0;
  }
  if (expect(Code.ATTRIBUTE, 2, load<u8>(ptr)) || expect(Code.ATTRIBUTE, count, load<u8>(ptr, 1)))
    return Code.ATTRIBUTE;
  for (let i: u32 = 0; i < count; ++i) {
    const value = load<i32>(ptr + (i << 2), 2);
    if (value < least) return failReal(Code.ATTRIBUTE, f64(least), f64(value));
    if (value > most) return failReal(Code.ATTRIBUTE, f64(most), f64(value));
    store<i32>(list + (i << 2), value);
  }
  return 0;
}

/** A whole number or finite f32, `fallback` where absent; NaN: it may not be. */
export function real(node: Node, key: string, fallback: f32): f32 {
  const ptr = findAttribute(node, key);
  if (!ptr) {
    if (isNaN(fallback)) fail(Code.ATTRIBUTE, 1, 0);
    return fallback;
  }
  const type = load<u8>(ptr);
  atMost(Code.ATTRIBUTE, 1, type);
  const value = type ? load<f32>(ptr, 1) : f32(load<i32>(ptr, 1));
  // of what is finite nothing is left
  if (value - value != 0) failReal(Code.ATTRIBUTE, 0, value);
  return value;
}

/** A whole number in least..most; `fallback`, or where that is less than `least` an error, where absent. */
export function whole(node: Node, key: string, least: i32, most: i32, fallback: i32): i32 {
  const ptr = findAttribute(node, key);
  const value = ptr ? load<i32>(ptr, 1) : fallback;
  if (ptr) expect(Code.ATTRIBUTE, 0, load<u8>(ptr));
  if (value < least) failReal(Code.ATTRIBUTE, f64(least), f64(value));
  if (value > most) failReal(Code.ATTRIBUTE, f64(most), f64(value));
  return value;
}

/** Address of a list of integers, which are not aligned, and how many there are, in `listLength`; 0 with an error where there is none. */
export let listLength: u32 = 0;

export function integerList(node: Node, key: string): usize {
  const ptr = findAttribute(node, key);
  listLength = 0;
  if (!ptr || load<u8>(ptr) != 2) {
    fail(Code.ATTRIBUTE, 2, -1);
    return 0;
  }
  listLength = load<u8>(ptr, 1);
  return ptr + 2;
}

/** Which of `words`, each followed by a space; the first where absent. */
export function readChoice(node: Node, key: string, words: string): i32 {
  const ptr = findAttribute(node, key);
  if (!ptr) return 0;
  if (expect(Code.ATTRIBUTE, 3, load<u8>(ptr))) return 0;
  const text = textAt(load<u16>(ptr, 1));
  const index = wordIndex(words, text.ptr, text.bytes);
  if (index < 0) fail(Code.ATTRIBUTE, -1, load<u16>(ptr, 1));
  return index;
}

export const enum Activation {
  LINEAR,
  RELU,
  RELU6,
}

let activationFound: Activation = Activation.LINEAR;

/** Reads the attribute `activation`; `foundActivation()` has it. */
export function readActivation(node: Node): i32 {
  activationFound = Activation.LINEAR;
  const ptr = findAttribute(node, 'activation');
  if (!ptr) return 0;
  if (expect(Code.ATTRIBUTE, 3, load<u8>(ptr))) return Code.ATTRIBUTE;
  const value: u32 = load<u16>(ptr, 1);
  if (isText(value, 'linear')) return 0;
  if (isText(value, 'relu')) activationFound = Activation.RELU;
  else if (isText(value, 'relu6')) activationFound = Activation.RELU6;
  else return fail(Code.ATTRIBUTE, -1, value);
  return 0;
}

export function foundActivation(): Activation {
  return activationFound;
}

/** The node's weight of that role, or null. */
export function weightOf(node: Node, role: string): Weight | null {
  for (let i: u32 = 0; i < node.weights; ++i) {
    const link = node.weightList + (i << 2);
    if (!isText(load<u16>(link), role)) continue;
    ++node.usedWeights;
    return weightAt(load<u16>(link, 2));
  }
  return null;
}

/** The node's weight of that role, a vector of `size`: its address; 0 where it is absent, with an error where it is `required` or another. */
export function vectorOf(node: Node, role: string, dtype: DType, size: u32, required: bool): usize {
  const weight = weightOf(node, role);
  if (!weight) {
    if (required) fail(Code.ROLE, 1, 0);
    return 0;
  }
  expect(Code.DTYPE, dtype, weight.dtype);
  expect(Code.RANK, 1, weight.rank);
  checkSize(size, weight.outputs);
  return changetype<usize>(weight);
}

/** Refuses a node with attributes or weights that its operator never asked for, or with one of them twice. */
export function checkAllUsed(node: Node): i32 {
  if (node.usedAttributes != node.attributes)
    return fail(Code.ATTRIBUTE, node.usedAttributes, node.attributes);
  return expect(Code.ROLE, node.usedWeights, node.weights);
}

export function checkDType(tensor: Tensor, dtype: DType): i32 {
  return expect(Code.DTYPE, dtype, tensor.dtype);
}

export function checkSize(expected: u64, got: u64): i32 {
  return expected == got ? 0 : fail(Code.SHAPE, u32(expected), u32(got));
}

/** Refuses layers of f32 in a build without them. */
export function checkBuild(x: Tensor): i32 {
  return LOPPER_FULL || x.dtype != DType.F32 ? 0 : fail(Code.BUILD, DType.I8, DType.F32);
}

/** Shapes are the same, dimension by dimension. */
export function checkSameShape(a: Tensor, b: Tensor): i32 {
  if (checkSize(a.rank, b.rank)) return Code.SHAPE;
  for (let d: u32 = 0; d < a.rank; ++d) if (checkSize(dimension(a, d), dimension(b, d))) return Code.SHAPE;
  return 0;
}

export function dimension(tensor: Tensor, d: u32): u32 {
  return load<u32>(changetype<usize>(tensor) + offsetof<Tensor>('dims0') + (d << 2));
}

/** Numbers of one index of axis `d`, row-major: those of all axes behind it. */
export function innerOf(tensor: Tensor, d: u32): u32 {
  let size: u32 = 1;
  for (++d; d < tensor.rank; ++d) size *= dimension(tensor, d);
  return size;
}

/** Bytes of a number. */
export function sizeOf(tensor: Tensor): u32 {
  return tensor.dtype == DType.I8 ? 1 : 4;
}

/** Bytes from one index of axis `d` to the next, row-major. */
export function rowStep(tensor: Tensor, d: u32): u32 {
  return innerOf(tensor, d) * sizeOf(tensor);
}

/** int8 averages over `n` pixels: the sum fits i32, and `round` is exact (FORMAT.md, Arithmetic). */
export function checkAverage(n: f64, factor: f32): i32 {
  const sum = 255 * n;
  if (sum >= 2147483648) return failReal(Code.OVERFLOW, 2147483648, sum);
  return sum * factor < 4194304 ? 0 : failReal(Code.OVERFLOW, 4194304, sum * factor);
}

/** An operator that only moves numbers keeps their scale and zero point. */
export function checkSameQuantization(a: Tensor, b: Tensor): i32 {
  if (a.dtype != DType.I8) return 0;
  if (a.scale != b.scale) return failReal(Code.QUANTIZATION, f64(a.scale), f64(b.scale));
  return a.zero == b.zero ? 0 : failReal(Code.QUANTIZATION, f64(a.zero), f64(b.zero));
}

/** Clamp of an int8 output after its activation (FORMAT.md, Arithmetic). */
export function lowOf(activation: Activation, y: Tensor): i32 {
  return activation == Activation.LINEAR ? -128 : max(-128, y.zero);
}

/** An int8 output whose clamp leaves 0..127. */
export function isNatural(activation: Activation, y: Tensor): bool {
  return y.dtype == DType.I8 && lowOf(activation, y) >= 0;
}

export function highOf(activation: Activation, y: Tensor): i32 {
  if (activation != Activation.RELU6) return 127;
  const steps = f32(6) / y.scale;
  return steps < 256 ? min(127, y.zero + i32(nearest(steps))) : 127;
}

/** Clamp of an f32 output after its activation. */
export function lowOfFloat(activation: Activation): f32 {
  return activation == Activation.LINEAR ? -Infinity : 0;
}

export function highOfFloat(activation: Activation): f32 {
  return activation == Activation.RELU6 ? 6 : Infinity;
}
