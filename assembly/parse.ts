/** Reads a `.lop` file (src/format/FORMAT.md) into the tables of model.ts and proves every index, size and name in it. */
import { crc32 } from './crc32';
import { at, Code, expect, fail, failReal } from './error';
import { alloc } from './heap';
import {
  clearModel,
  DType,
  model,
  Node,
  nodeAt,
  Tensor,
  tensorAt,
  Text,
  textAt,
  Typed,
  Weight,
  weightAt,
} from './model';
import { findOperator, operatorInputs } from './ops/table';
import { ended, finished, open, position, remaining, take, takeU16, takeU32, takeU8 } from './reader';
import { hash, same } from './text';

/** 'LOP1', little-endian. */
const MAGIC: u32 = 0x31504f4c;
const HEADER: u32 = 12;
/** More than any network of today has; comparing all names and placing all tensors is quadratic. */
const MAX_ITEMS: u32 = 8192;
const MAX_FILE: u32 = 1 << 28;
/** Every product of dimensions stays below this. */
const MAX_ELEMENTS: u64 = 1 << 31;

const enum Section {
  STRINGS = 1,
  TENSORS,
  WEIGHTS,
  NODES,
  METADATA,
}

/** Parses the whole file; 0 or an error code. */
export function parse(file: usize, bytes: u32): i32 {
  clearModel();
  at(-1);
  model.file = file;
  model.bytes = bytes;
  let code = checkHeader(file, bytes);
  if (!code) code = readSections(file);
  if (!code) code = checkProducers();
  at(-1);
  return code;
}

function checkHeader(file: usize, bytes: u32): i32 {
  if (bytes < HEADER + 4) return fail(Code.TRUNCATED, HEADER + 4 - bytes, 0);
  if (bytes > MAX_FILE) return fail(Code.LENGTH, MAX_FILE, u32(bytes));
  if (expect(Code.MAGIC, MAGIC, load<u32>(file))) return Code.MAGIC;
  if (expect(Code.VERSION, 1, load<u16>(file, 4))) return Code.VERSION;
  if (expect(Code.LENGTH, load<u32>(file, 8), bytes)) return Code.LENGTH;
  const sum = crc32(file, bytes - 4);
  const want = load<u32>(file + bytes - 4);
  return expect(Code.CHECKSUM, want, sum);
}

function readSections(file: usize): i32 {
  const count = u32(load<u16>(file, 6));
  open(file, model.bytes - 4);
  take(HEADER);
  const table = take(u64(count) << 3);
  let code = ended();
  if (code) return code;
  let body = position();
  const end = file + model.bytes - 4;
  let next: u32 = Section.STRINGS;
  for (let i: u32 = 0; i < count; ++i) {
    const kind = load<u32>(table + (i << 3));
    const bytes = load<u32>(table + (i << 3), 4);
    if (bytes > u32(end - body)) return fail(Code.TRUNCATED, u32(bytes), u32(end - body));
    if (kind - 1 < u32(Section.METADATA)) {
      if (expect(Code.SECTION, next, kind)) return Code.SECTION;
      ++next;
      at(-1 - i32(kind));
      open(body, bytes);
      code = readSection(kind);
      if (!code) code = finished();
      if (code) return code;
      at(-1);
    }
    body += bytes;
  }
  if (next < u32(Section.METADATA)) return fail(Code.SECTION, next, -1);
  return expect(Code.TRAILING, 0, u32(end - body));
}

function readSection(kind: u32): i32 {
  if (kind == Section.STRINGS) return readStrings();
  if (kind == Section.TENSORS) return readTensors();
  if (kind == Section.WEIGHTS) return readWeights();
  if (kind == Section.NODES) return readNodes();
  return readMetadata();
}

function readStrings(): i32 {
  const count = takeU16();
  model.strings = alloc(u64(count) * offsetof<Text>());
  if (!model.strings) return Code.MEMORY;
  model.stringCount = count;
  for (let i: u32 = 0; i < count; ++i) {
    const text = textAt(i);
    text.bytes = takeU16();
    text.ptr = take(text.bytes);
    if (ended()) return Code.TRUNCATED;
    text.hash = hash(text.ptr, text.bytes);
  }
  return 0;
}

function checkCount(count: u32): i32 {
  return count <= MAX_ITEMS ? 0 : fail(Code.LIMIT, MAX_ITEMS, count);
}

function checkIndex(index: u32, count: u32): i32 {
  return index < count ? 0 : fail(Code.INDEX, count, index);
}

/** 0 where text `a` and text `b` differ. */
function checkDistinct(a: u32, b: u32): i32 {
  if (textAt(a).hash != textAt(b).hash) return 0;
  if (!same(textAt(a).ptr, textAt(a).bytes, textAt(b).ptr, textAt(b).bytes)) return 0;
  return fail(Code.NAME, a, b);
}

/** The dimensions read last, and their product. */
const shape: usize = memory.data(20, 4);

/** Reads name, type, rank and dimensions of a tensor or weight, the `index`-th of a table of records of `size` bytes. */
function readTyped(table: usize, index: u32, size: u32, most: DType): i32 {
  const typed = changetype<Typed>(table + index * size);
  typed.name = takeU16();
  typed.dtype = takeU8();
  typed.rank = takeU8();
  if (ended()) return Code.TRUNCATED;
  if (checkIndex(typed.name, model.stringCount)) return Code.INDEX;
  for (let i: u32 = 0; i < index; ++i) {
    if (checkDistinct(changetype<Typed>(table + i * size).name, typed.name)) return Code.NAME;
  }
  if (typed.dtype > u32(most)) return fail(Code.DTYPE, most, typed.dtype);
  return readShape(typed.rank);
}

function readShape(rank: u32): i32 {
  if (rank > 4) return fail(Code.RANK, 4, rank);
  memory.fill(shape, 0, 16);
  let product: u64 = 1;
  for (let d: u32 = 0; d < rank; ++d) {
    const dim = takeU32();
    if (ended()) return Code.TRUNCATED;
    product *= dim;
    if (product == 0 || product >= MAX_ELEMENTS)
      return failReal(Code.DIMENSION, f64(MAX_ELEMENTS - 1), f64(product));
    store<u32>(shape + (d << 2), dim);
  }
  store<u32>(shape, u32(product), 16);
  return 0;
}

function readTensors(): i32 {
  const count = takeU16();
  if (checkCount(count)) return Code.LIMIT;
  model.tensors = alloc(u64(count) * offsetof<Tensor>());
  if (!model.tensors) return Code.MEMORY;
  model.tensorCount = count;
  for (let i: u32 = 0; i < count; ++i) {
    const code = readTensor(i);
    if (code) return code;
  }
  return 0;
}

function readTensor(index: u32): i32 {
  const code = readTyped(model.tensors, index, offsetof<Tensor>(), DType.I8);
  if (code) return code;
  const tensor = tensorAt(index);
  tensor.producer = -2;
  memory.copy(changetype<usize>(tensor) + offsetof<Tensor>('dims0'), shape, 16);
  tensor.elements = load<u32>(shape, 16);
  viewAsImage(tensor);
  return tensor.dtype == DType.I8 ? readQuantization(tensor) : 0;
}

/** Last dimension channels, the one before columns, the product of the others rows. */
function viewAsImage(tensor: Tensor): void {
  const rank = tensor.rank;
  tensor.channels = rank > 0 ? load<u32>(shape + ((rank - 1) << 2)) : 1;
  tensor.columns = rank > 1 ? load<u32>(shape + ((rank - 2) << 2)) : 1;
  tensor.rows = tensor.elements / (tensor.channels * tensor.columns);
}

function readQuantization(tensor: Tensor): i32 {
  const bits = takeU32();
  tensor.zero = i32(i8(takeU8()));
  if (ended()) return Code.TRUNCATED;
  tensor.scale = reinterpret<f32>(bits);
  const positive = tensor.scale > 0 && tensor.scale < Infinity;
  return positive ? 0 : failReal(Code.NOT_FINITE, 1, f64(tensor.scale));
}

function readWeights(): i32 {
  const count = takeU16();
  if (checkCount(count)) return Code.LIMIT;
  model.weights = alloc(u64(count) * offsetof<Weight>());
  if (!model.weights) return Code.MEMORY;
  model.weightCount = count;
  weightElements = 0;
  for (let i: u32 = 0; i < count; ++i) {
    const code = readWeight(i);
    if (code) return code;
  }
  return 0;
}

/** Elements of all weights so far, kept or not: what unpacking takes time for. */
let weightElements: u64 = 0;

function readWeight(index: u32): i32 {
  const code = readTyped(model.weights, index, offsetof<Weight>(), DType.I32);
  if (code) return code;
  const weight = weightAt(index);
  const rank = weight.rank;
  weight.outputs = rank > 0 ? load<u32>(shape) : 1;
  weight.kernelRows = rank > 2 ? load<u32>(shape, 4) : 1;
  weight.kernelColumns = rank > 3 ? load<u32>(shape, 8) : 1;
  weight.inputs = rank > 1 ? load<u32>(shape + ((rank - 1) << 2)) : 1;
  weightElements += load<u32>(shape, 16);
  const most = (u64(model.bytes) << 8) + (1 << 22);
  if (weightElements > most) return failReal(Code.LIMIT, f64(most), f64(weightElements));
  return readWeightData(weight);
}

function readWeightData(weight: Weight): i32 {
  weight.blockOutputs = takeU8();
  weight.blockInputs = takeU8();
  weight.positions = takeU8();
  weight.values = takeU8();
  weight.coding = takeU8();
  weight.kept = takeU32();
  weight.positionBytes = takeU32();
  weight.valueBytes = takeU32();
  weight.data = take(u64(weight.positionBytes) + u64(weight.valueBytes));
  if (ended()) return Code.TRUNCATED;
  const bo = u64(weight.blockOutputs);
  const bi = u64(weight.blockInputs);
  if (bo == 0 || bi == 0) return fail(Code.DIMENSION, 1, 0);
  const taps = u64(weight.kernelRows) * weight.kernelColumns;
  weight.blocks = u32(((weight.outputs + bo - 1) / bo) * taps * ((weight.inputs + bi - 1) / bi));
  return weight.kept <= weight.blocks ? 0 : fail(Code.POSITIONS, weight.blocks, weight.kept);
}

function readNodes(): i32 {
  model.inputCount = takeU16();
  model.inputs = take(model.inputCount << 1);
  model.outputCount = takeU16();
  model.outputs = take(model.outputCount << 1);
  const count = takeU16();
  if (ended()) return Code.TRUNCATED;
  if (!model.inputCount || !model.outputCount) return fail(Code.COUNT, 1, 0);
  if (checkCount(count)) return Code.LIMIT;
  for (let i: u32 = 0; i < model.inputCount; ++i) {
    const code = setProducer(load<u16>(model.inputs + (i << 1)), -1);
    if (code) return code;
  }
  model.nodes = alloc(u64(count) * offsetof<Node>());
  if (!model.nodes) return Code.MEMORY;
  model.nodeCount = count;
  for (let i: u32 = 0; i < count; ++i) {
    at(i32(i));
    const code = readNode(nodeAt(i), i32(i));
    if (code) return code;
  }
  at(-1 - i32(Section.NODES));
  return 0;
}

function setProducer(index: u32, producer: i32): i32 {
  if (checkIndex(index, model.tensorCount)) return Code.INDEX;
  if (tensorAt(index).producer != -2) return fail(Code.PRODUCER, 1, 2);
  tensorAt(index).producer = producer;
  return 0;
}

function readNode(node: Node, index: i32): i32 {
  node.index = index;
  node.op = takeU16();
  node.name = takeU16();
  node.inputs = takeU8();
  node.outputs = takeU8();
  node.weights = takeU8();
  node.attributes = takeU8();
  node.inputList = take(node.inputs << 1);
  node.outputList = take(node.outputs << 1);
  node.weightList = take(node.weights << 2);
  node.attributeList = position();
  if (ended()) return Code.TRUNCATED;
  if (checkIndex(node.op, model.stringCount) || checkIndex(node.name, model.stringCount)) return Code.INDEX;
  for (let i = 0; i < index; ++i) if (checkDistinct(nodeAt(i).name, node.name)) return Code.NAME;
  const operator = findOperator(textAt(node.op));
  if (operator < 0) return fail(Code.OPERATOR, -1, node.op);
  node.operator = operator;
  if (expect(Code.COUNT, operatorInputs(operator), node.inputs) || expect(Code.COUNT, 1, node.outputs))
    return Code.COUNT;
  return readLinks(node);
}

/** Tensors, weights and attributes of a node. */
function readLinks(node: Node): i32 {
  for (let i: u32 = 0; i < node.inputs; ++i) {
    const tensor = load<u16>(node.inputList + (i << 1));
    if (checkIndex(tensor, model.tensorCount)) return Code.INDEX;
    if (tensorAt(tensor).producer == -2) return fail(Code.ORDER, node.index, tensor);
  }
  for (let i: u32 = 0; i < node.weights; ++i) {
    if (checkIndex(load<u16>(node.weightList + (i << 2)), model.stringCount)) return Code.INDEX;
    if (checkIndex(load<u16>(node.weightList + (i << 2), 2), model.weightCount)) return Code.INDEX;
  }
  for (let i: u32 = 0; i < node.attributes; ++i) {
    const code = readAttribute();
    if (code) return code;
  }
  node.attributeEnd = position();
  return setProducer(load<u16>(node.outputList), node.index);
}

function readAttribute(): i32 {
  const key = takeU16();
  const type = takeU8();
  let value: u32 = 0;
  if (type <= 1) value = takeU32();
  else if (type == 2) take(takeU8() << 2);
  else if (type == 3) value = takeU16();
  else return fail(Code.ATTRIBUTE, 3, type);
  if (ended()) return Code.TRUNCATED;
  if (checkIndex(key, model.stringCount)) return Code.INDEX;
  return type == 3 ? checkIndex(value, model.stringCount) : 0;
}

function readMetadata(): i32 {
  model.metadata = position();
  model.metadataBytes = remaining();
  take(model.metadataBytes);
  return 0;
}

/** Every tensor comes from somewhere, and outputs exist. */
function checkProducers(): i32 {
  at(-1 - i32(Section.NODES));
  for (let i: u32 = 0; i < model.outputCount; ++i) {
    if (checkIndex(load<u16>(model.outputs + (i << 1)), model.tensorCount)) return Code.INDEX;
  }
  for (let i: u32 = 0; i < model.tensorCount; ++i) {
    if (tensorAt(i).producer == -2) return fail(Code.PRODUCER, 1, 0);
  }
  return 0;
}
