/** One model an instance: load, describe, run. The words are those of docs/runtime.md, ABI. */
import { createLayout, fixLayouts, isPixel } from './arena';
import { at, atMost, clearError, Code, fail, failedPlace, lastCode } from './error';
import { alloc, allow, mark, release, reset } from './heap';
import { inputOf, model, Node, nodeAt, outputOf, Tensor, tensorAt, Text, textAt } from './model';
import { checkAllUsed, checkBuild } from './ops/node';
import { check, prepare, run as runNode, splits } from './ops/table';
import { hostBytes, pack, unpack } from './pack';
import { parse } from './parse';
import { choosePlanes } from './planes';
import { placeRegions } from './plan';
import { finish, partsOf, publish, quiesce } from './threads';

/** A plan needs at most this for each sample of a batch and each further thread, beside four times the file. */
const SPARE: u64 = 64 << 20;

/** Sizes of layouts then fit u64. */
const MOST_BATCH: u32 = 65536;

const enum Kind {
  INPUT,
  OUTPUT,
  NODE,
  METADATA,
}

/** A file's bytes at most. */
const MOST_FILE: u32 = 1 << 28;

/** As `last` of `run`. */
const ALL: u32 = 0xffffffff;

const TENSOR_BYTES: u32 = 56;
/** What kernels write past a raw output. */
const VECTOR: u64 = 32;

/** Multiply-adds from which a node is for all threads: 4 us of work, where publishing it and waiting for its end take less than 1. */
const WORTH: f64 = 131072;
/** A number that is moved, in multiply-adds. */
const MOVE: f64 = 4;

let loaded: bool = false;
/** Where `reserve` put the file, how much room it has, and the heap behind it. */
let room: usize = 0;
let roomBytes: u32 = 0;
let behind: usize = 0;
/** Tensor records of inputs, then of outputs; and the record of one node or the metadata, made when asked for. */
let records: usize = 0;
const record: usize = memory.data(40, 8);

function limitOf(spares: u32): u64 {
  return (u64(roomBytes) << 2) + SPARE * spares;
}

/** Forgets any model; room for a file of `bytes`, or 0 where those are too many or memory cannot grow. */
export function reserve(bytes: u32): usize {
  loaded = false;
  if (ASC_FEATURE_THREADS) quiesce();
  clearError();
  roomBytes = bytes;
  reset();
  allow(limitOf(1));
  room = atMost(Code.LIMIT, MOST_FILE, bytes) ? 0 : alloc(bytes);
  behind = mark();
  return room;
}

/** Checks and prepares the file of `bytes` at `ptr`, which `reserve` gave, for `batch` images a run (0: 1); 0 or an error code. */
export function loadModel(ptr: usize, bytes: u32, batch: u32): i32 {
  loaded = false;
  if (ASC_FEATURE_THREADS) quiesce();
  clearError();
  if (ptr == 0 || ptr != room || bytes > roomBytes) return fail(Code.LENGTH, roomBytes, u32(bytes));
  release(behind);
  if (parse(ptr, bytes) || atMost(Code.LIMIT, MOST_BATCH, batch)) return lastCode();
  model.batch = max(1, batch);
  allow(limitOf(model.batch + partsOf() - 1));
  if (createLayouts() || checkNodes() || prepareNodes() || describeTensors()) return lastCode();
  if (!placeRegions()) return lastCode();
  loaded = true;
  return 0;
}

function index16(list: usize, index: u32): u32 {
  return load<u16>(list + (usize(index) << 1));
}

/** Every tensor lives from its producer to its last reader, or to the end of the run. */
function createLayouts(): i32 {
  for (let i: u32 = 0; i < model.nodeCount; ++i) {
    const node = nodeAt(i);
    for (let j: u32 = 0; j < node.inputs; ++j) {
      inputOf(node, j).last = i;
      ++inputOf(node, j).readers;
    }
    outputOf(node).last = i;
  }
  for (let i: u32 = 0; i < model.outputCount; ++i) {
    const tensor = tensorAt(index16(model.outputs, i));
    tensor.last = model.nodeCount;
    ++tensor.readers;
  }
  if (LOPPER_FULL) choosePlanes();
  for (let i: u32 = 0; i < model.tensorCount; ++i) if (!createLayout(tensorAt(i))) return lastCode();
  return 0;
}

function checkNodes(): i32 {
  for (let i: u32 = 0; i < model.nodeCount; ++i) {
    at(i32(i));
    const node = nodeAt(i);
    if (check(node) || checkAllUsed(node)) return lastCode();
  }
  at(-1);
  fixLayouts();
  return checkPlanes();
}

/** f32 images in planes are the full build's. */
function checkPlanes(): i32 {
  for (let i: u32 = 0; !LOPPER_FULL && i < model.tensorCount; ++i) {
    const tensor = tensorAt(i);
    if (!tensor.raw && !isPixel(tensor) && checkBuild(tensor)) return lastCode();
  }
  return 0;
}

function prepareNodes(): i32 {
  for (let i: u32 = 0; i < model.nodeCount; ++i) {
    at(i32(i));
    if (prepare(nodeAt(i))) return lastCode();
  }
  at(-1);
  return 0;
}

/** Makes the records of inputs and outputs, and the buffers where the host writes and reads them. */
function describeTensors(): i32 {
  const count = model.inputCount + model.outputCount;
  records = alloc(u64(count) * TENSOR_BYTES);
  if (!records) return lastCode();
  for (let i: u32 = 0; i < count; ++i) {
    const tensor = tensorAt(hostTensor(i));
    const ptr = alloc(hostBytes(tensor) + VECTOR);
    if (!ptr) return lastCode();
    if (tensor.raw) tensor.host = ptr;
    describeTensor(records + i * TENSOR_BYTES, tensor, ptr);
  }
  return 0;
}

function hostTensor(index: u32): u32 {
  if (index < model.inputCount) return index16(model.inputs, index);
  return index16(model.outputs, index - model.inputCount);
}

function describeTensor(y: usize, tensor: Tensor, ptr: usize): void {
  store<u32>(y, u32(ptr));
  store<u32>(y, u32(hostBytes(tensor)), 4);
  // type, rank, dimensions, scale and zero point
  memory.copy(y + 8, changetype<usize>(tensor) + offsetof<Tensor>('dtype'), 40);
  storeText(y + 48, textAt(tensor.name));
}

function storeText(y: usize, text: Text): void {
  store<u32>(y, u32(text.ptr));
  store<u32>(y, text.bytes, 4);
}

/** A record of docs/runtime.md, or 0 past the end. */
export function describe(kind: u32, index: u32): usize {
  if (kind == Kind.NODE && index < model.nodeCount && (loaded || isBlamed(index)))
    return describeNode(nodeAt(index));
  if (!loaded) return 0;
  if (kind == Kind.INPUT) return index < model.inputCount ? records + index * TENSOR_BYTES : 0;
  if (kind == Kind.OUTPUT)
    return index < model.outputCount ? records + (model.inputCount + index) * TENSOR_BYTES : 0;
  if (kind == Kind.METADATA && index == 0 && model.metadata) return describeMetadata();
  return 0;
}

/** The node that a failed load names may be asked for, if its names were read. */
function isBlamed(index: u32): bool {
  const node = nodeAt(index);
  return lastCode() != 0 && failedPlace() == i32(index) && max(node.op, node.name) < model.stringCount;
}

function describeNode(node: Node): usize {
  storeText(record, textAt(node.op));
  storeText(record + 8, textAt(node.name));
  store<u32>(record, node.keptWeights, 16);
  store<u32>(record, node.allWeights, 20);
  store<f64>(record, node.multiplyAdds, 24);
  store<u32>(record, node.unpacked, 32);
  return record;
}

function describeMetadata(): usize {
  store<u32>(record, u32(model.metadata));
  store<u32>(record, model.metadataBytes, 4);
  return record;
}

/**
 * Runs nodes `first..last-1`, -1: to the end; 0, or where the model has no such nodes, or there is none, an error code and nothing is run.
 * Node 0 starts with packing the inputs, the end is unpacking the outputs.
 */
export function run(first: u32, last: u32): i32 {
  const count = model.nodeCount;
  if (last == ALL) last = count;
  if (!loaded || last > count || first > last) return Code.CALL;
  if (first == 0)
    for (let i: u32 = 0; i < model.inputCount; ++i) {
      const tensor = tensorAt(hostTensor(i));
      if (!tensor.raw) pack(tensor, hostBuffer(i));
    }
  for (let i = first; i < last; ++i) runShared(i);
  if (last < count) return 0;
  for (let i: u32 = model.inputCount; i < model.inputCount + model.outputCount; ++i) {
    const tensor = tensorAt(hostTensor(i));
    if (!tensor.raw) unpack(tensor, hostBuffer(i));
  }
  return 0;
}

/** Whether `node` is for all threads. */
function isShared(node: Node): bool {
  if (!ASC_FEATURE_THREADS || partsOf() == 1 || !splits(node)) return false;
  const numbers = f64(max(inputOf(node, 0).elements, outputOf(node).elements));
  return max(node.multiplyAdds, numbers * MOVE) * f64(model.batch) >= WORTH;
}

/** Runs a node, on all threads where that pays. */
function runShared(index: u32): void {
  const node = nodeAt(index);
  const shared = isShared(node);
  if (ASC_FEATURE_THREADS && shared) publish(index);
  runNode(node);
  if (ASC_FEATURE_THREADS && shared) finish();
}

function hostBuffer(index: u32): usize {
  return load<u32>(records + index * TENSOR_BYTES);
}
