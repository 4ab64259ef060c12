/** Reads a `.lop` file (src/format/FORMAT.md) into the tables of model.ts and proves every index, size and name in it. */
import { crc32 } from './crc32';
import { at, atMost, Code, expect, fail, failReal, lastCode } from './error';
import { alloc } from './heap';
import {
  clearModel,
  DType,
  Model,
  model,
  Node,
  nodeAt,
  Tensor,
  tensorAt,
  Text,
  textAt,
  Typed,
  Weight,
} from './model';
import { inputsOf, Op } from './ops/names';
import { findOperator } from './ops/table';
import { finish, open, position, remaining, take, takeFields, takeUint } from './reader';
import { hash, same } from './text';

/** 'LOP1', little-endian. */
const MAGIC: u32 = 0x31504f4c;
const HEADER: u32 = 12;
/** More than any network of today has; comparing all names and placing all tensors is quadratic. */
const MAX_ITEMS: u32 = 8192;
/** Every product of dimensions stays below this. */
const MAX_ELEMENTS: u64 = 1 << 31;
const MAX_RANK: u32 = 6;
const SHAPE_BYTES: u32 = MAX_RANK << 2;

const enum Section {
  STRINGS = 1,
  TENSORS,
  WEIGHTS,
  NODES,
  METADATA,
}

/** Parses the whole file; 0 or an error code. A failure is seen by `lastCode()`: functions go on as long as that harms nothing. */
export function parse(file: usize, bytes: u32): i32 {
  clearModel();
  at(-1);
  model.file = file;
  model.bytes = bytes;
  checkHeader(file, bytes);
  if (!lastCode()) readSections(file);
  if (!lastCode()) checkProducers();
  at(-1);
  return lastCode();
}

function checkHeader(file: usize, bytes: u32): void {
  if (bytes < HEADER + 4) {
    fail(Code.TRUNCATED, HEADER + 4 - bytes, 0);
    return;
  }
  expect(Code.MAGIC, MAGIC, load<u32>(file));
  expect(Code.VERSION, 1, load<u16>(file, 4));
  expect(Code.LENGTH, load<u32>(file, 8), bytes);
  if (!lastCode()) expect(Code.CHECKSUM, load<u32>(file + bytes - 4), crc32(file, bytes - 4));
}

function readSections(file: usize): void {
  const end = file + model.bytes - 4;
  const count: u32 = load<u16>(file, 6);
  open(file + HEADER, model.bytes - HEADER - 4);
  let entry = take(count << 3);
  let body = position();
  let next: u32 = Section.STRINGS;
  for (let i: u32 = 0; i < count && !lastCode(); ++i) {
    const kind = load<u32>(entry);
    const bytes = load<u32>(entry, 4);
    entry += 8;
    const left = u32(end - body);
    if (bytes > left) fail(Code.TRUNCATED, bytes, left);
    else if (kind - 1 < u32(Section.METADATA)) {
      if (expect(Code.SECTION, next++, kind)) return;
      at(-1 - i32(kind));
      open(body, bytes);
      readSection(kind);
      finish();
      at(-1);
    }
    body += bytes;
  }
  if (next < u32(Section.METADATA)) fail(Code.SECTION, next, -1);
  expect(Code.TRAILING, 0, u32(end - body));
}

function readSection(kind: u32): void {
  if (kind == Section.METADATA) {
    model.metadata = position();
    model.metadataBytes = remaining();
    take(model.metadataBytes);
    return;
  }
  const count = kind == Section.NODES ? readEnds() : takeUint(2);
  if (kind != Section.STRINGS) atMost(Code.LIMIT, MAX_ITEMS, count);
  if (lastCode()) return;
  let size: u32 = offsetof<Text>();
  if (kind == Section.TENSORS) size = offsetof<Tensor>();
  if (kind == Section.WEIGHTS) size = offsetof<Weight>();
  if (kind == Section.NODES) size = offsetof<Node>();
  const table = alloc(u64(count) * size);
  const slot = changetype<usize>(model) + offsetof<Model>('strings') + ((kind - Section.STRINGS) << 3);
  store<usize>(slot, table);
  store<u32>(slot, count, sizeof<usize>());
  for (let i: u32 = 0, item = table; i < count && !lastCode(); ++i, item += size) {
    if (kind == Section.STRINGS) readString(changetype<Text>(item));
    else if (kind == Section.TENSORS) readTensor(changetype<Tensor>(item), table);
    else if (kind == Section.WEIGHTS) readWeight(changetype<Weight>(item), table);
    else readNode(changetype<Node>(item), i);
  }
  at(-1 - i32(kind));
}

function readString(text: Text): void {
  text.bytes = takeUint(2);
  text.ptr = take(text.bytes);
  if (!lastCode()) text.hash = hash(text.ptr, text.bytes);
}

function checkIndex(index: u32, count: u32): i32 {
  return index < count ? 0 : fail(Code.INDEX, count, index);
}

/** Fails where text `a` and text `b` are the same. */
function checkDistinct(a: u32, b: u32): void {
  const textA = textAt(a);
  const textB = textAt(b);
  if (textA.hash == textB.hash && same(textA.ptr, textA.bytes, textB.ptr, textB.bytes)) fail(Code.NAME, a, b);
}

/** The dimensions read last, and their product. */
const shape: usize = memory.data(28, 4);

/** Reads name, type, rank and dimensions of a tensor or weight, a record of `size` bytes in a table. */
function readTyped(typed: Typed, table: usize, size: u32, most: DType): void {
  takeFields(changetype<usize>(typed), 0x112);
  if (lastCode() || checkIndex(typed.name, model.stringCount)) return;
  for (; table < changetype<usize>(typed); table += size)
    checkDistinct(changetype<Typed>(table).name, typed.name);
  atMost(Code.DTYPE, most, typed.dtype);
  if (!atMost(Code.RANK, MAX_RANK, typed.rank)) readShape(typed.rank);
}

function readShape(rank: u32): void {
  memory.fill(shape, 0, SHAPE_BYTES);
  let product: u64 = 1;
  for (let d: u32 = 0; d < rank && !lastCode(); ++d) {
    const dim = takeUint(4);
    product *= dim;
    if (product == 0 || product >= MAX_ELEMENTS)
      failReal(Code.DIMENSION, f64(MAX_ELEMENTS - 1), f64(product));
    store<u32>(shape + (d << 2), dim);
  }
  store<u32>(shape, u32(product), SHAPE_BYTES);
}

function readTensor(tensor: Tensor, table: usize): void {
  readTyped(tensor, table, offsetof<Tensor>(), DType.I8);
  if (lastCode()) return;
  tensor.producer = -2;
  memory.copy(changetype<usize>(tensor) + offsetof<Tensor>('dims0'), shape, SHAPE_BYTES);
  tensor.elements = load<u32>(shape, SHAPE_BYTES);
  viewAsImage(tensor);
  if (tensor.dtype == DType.I8) readQuantization(tensor);
}

/** Last dimension channels, the one before columns, the product of the others rows. */
function viewAsImage(tensor: Tensor): void {
  const rank = tensor.rank;
  const last = shape + (rank << 2);
  tensor.channels = rank > 0 ? load<u32>(last - 4) : 1;
  tensor.columns = rank > 1 ? load<u32>(last - 8) : 1;
  tensor.rows = tensor.elements / (tensor.channels * tensor.columns);
}

function readQuantization(tensor: Tensor): void {
  takeFields(changetype<usize>(tensor) + offsetof<Tensor>('scale'), 0x14);
  tensor.zero = i32(i8(tensor.zero));
  if (!(tensor.scale > 0 && tensor.scale < Infinity)) failReal(Code.NOT_FINITE, 1, f64(tensor.scale));
}

/** Elements of all weights so far, kept or not: what unpacking takes time for. */
let weightElements: u64 = 0;

function readWeight(weight: Weight, table: usize): void {
  readTyped(weight, table, offsetof<Weight>(), DType.I32);
  if (lastCode()) return;
  const rank = weight.rank;
  weight.outputs = rank > 0 ? load<u32>(shape) : 1;
  weight.kernelRows = rank > 2 ? load<u32>(shape, 4) : 1;
  weight.inputs = rank > 1 ? load<u32>(shape + (rank << 2) - 4) : 1;
  // dimensions of 1 where there are fewer, the product of those between where there are more
  weight.kernelColumns = load<u32>(shape, SHAPE_BYTES) / (weight.outputs * weight.kernelRows * weight.inputs);
  if (changetype<usize>(weight) == table) weightElements = 0;
  weightElements += load<u32>(shape, SHAPE_BYTES);
  const most = (u64(model.bytes) << 8) + (1 << 22);
  if (weightElements > most) failReal(Code.LIMIT, f64(most), f64(weightElements));
  readWeightData(weight);
}

function readWeightData(weight: Weight): void {
  takeFields(changetype<usize>(weight) + offsetof<Weight>('blockOutputs'), 0x11);
  takeFields(changetype<usize>(weight) + offsetof<Weight>('positions'), 0x444111);
  weight.data = take(u64(weight.positionBytes) + u64(weight.valueBytes));
  const bo = u64(weight.blockOutputs);
  const bi = u64(weight.blockInputs);
  if (bo == 0 || bi == 0) fail(Code.DIMENSION, 1, 0);
  if (lastCode()) return;
  const taps = u64(weight.kernelRows) * weight.kernelColumns;
  weight.blocks = u32(((weight.outputs + bo - 1) / bo) * taps * ((weight.inputs + bi - 1) / bi));
  atMost(Code.POSITIONS, weight.blocks, weight.kept);
}

/** The model's inputs and outputs; returns the number of nodes. */
function readEnds(): u32 {
  model.inputCount = takeUint(2);
  model.inputs = take(model.inputCount << 1);
  model.outputCount = takeUint(2);
  model.outputs = take(model.outputCount << 1);
  const count = takeUint(2);
  if (!model.inputCount || !model.outputCount) fail(Code.COUNT, 1, 0);
  for (let i: u32 = 0; i < model.inputCount && !lastCode(); ++i)
    setProducer(load<u16>(model.inputs + (i << 1)), -1);
  return count;
}

function setProducer(index: u32, producer: i32): void {
  if (checkIndex(index, model.tensorCount)) return;
  const tensor = tensorAt(index);
  if (tensor.producer != -2) fail(Code.PRODUCER, 1, 2);
  tensor.producer = producer;
}

function readNode(node: Node, index: u32): void {
  at(i32(index));
  node.index = index;
  takeFields(changetype<usize>(node), 0x22);
  takeFields(changetype<usize>(node) + offsetof<Node>('inputs'), 0x1111);
  node.inputList = take(node.inputs << 1);
  node.outputList = take(node.outputs << 1);
  node.weightList = take(node.weights << 2);
  node.attributeList = position();
  if (lastCode()) return;
  if (checkIndex(node.op, model.stringCount) || checkIndex(node.name, model.stringCount)) return;
  for (let i: u32 = 0; i < index; ++i) checkDistinct(nodeAt(i).name, node.name);
  node.operator = findOperator(textAt(node.op));
  if (!LOPPER_FULL || node.operator != Op.CONCAT) expect(Code.COUNT, inputsOf(node.operator), node.inputs);
  else if (!node.inputs) fail(Code.COUNT, 1, 0);
  expect(Code.COUNT, 1, node.outputs);
  if (!lastCode()) readLinks(node);
}

/** Tensors, weights and attributes of a node. */
function readLinks(node: Node): void {
  for (let i: u32 = 0; i < node.inputs; ++i) {
    const tensor = load<u16>(node.inputList + (i << 1));
    if (checkIndex(tensor, model.tensorCount)) return;
    if (tensorAt(tensor).producer == -2) fail(Code.ORDER, node.index, tensor);
  }
  for (let i: u32 = 0; i < node.weights; ++i) {
    const link = node.weightList + (i << 2);
    checkIndex(load<u16>(link), model.stringCount);
    checkIndex(load<u16>(link, 2), model.weightCount);
  }
  for (let i: u32 = 0; i < node.attributes && !lastCode(); ++i) readAttribute();
  node.attributeEnd = position();
  setProducer(load<u16>(node.outputList), node.index);
}

function readAttribute(): void {
  const key = takeUint(2);
  const type = takeUint(1);
  if (atMost(Code.ATTRIBUTE, 3, type)) return;
  const value = type == 3 ? takeUint(2) : 0;
  if (type < 3) take(type == 2 ? takeUint(1) << 2 : 4);
  checkIndex(key, model.stringCount);
  if (type == 3) checkIndex(value, model.stringCount);
}

/** Every tensor comes from somewhere, and outputs exist. */
function checkProducers(): void {
  at(-1 - i32(Section.NODES));
  for (let i: u32 = 0; i < model.outputCount; ++i)
    checkIndex(load<u16>(model.outputs + (i << 1)), model.tensorCount);
  for (let i: u32 = 0; i < model.tensorCount; ++i) {
    if (tensorAt(i).producer == -2) fail(Code.PRODUCER, 1, 0);
  }
}
