/** What a checked model file looks like in memory. Filled by parse.ts, read by everything else. */
import { alloc } from './heap';
import { partOf } from './threads';

export const enum DType {
  F32 = 0,
  I8 = 1,
  I32 = 2,
}

/** A run of bytes in the file. */
@unmanaged
export class Text {
  ptr: usize;
  bytes: u32;
  hash: u32;
}

/** A piece of the activation arena, used by nodes `first..last`; plan.ts sets `offset` in the arena, and `address`. */
@unmanaged
export class Region {
  bytes: u64;
  offset: u64;
  first: i32;
  last: i32;
  address: usize;
}

/** Where an activation lies (docs/runtime.md, Layout). Tensors that share their memory share one. */
@unmanaged
export class Layout extends Region {
  /** Bytes of a pixel: 2 for an int8 channel pair, 4 for f32. */
  element: u32;
  planes: u32;
  rows: u32;
  columns: u32;
  /** What padding would hold: the zero point, in both bytes of a pair, or 0. */
  fill: u16;
  /** Least pixels from row to row that this layout's own producers and consumers need. */
  least: u64;
  /** Pixels from row to row, from image to image, and from plane to plane. */
  stride: u32;
  image: u32;
  plane: u32;
  /** Union-find over layouts that must have one row stride; 0 at a root. */
  parent: usize;
}

/** What tensors and weights start with. */
@unmanaged
export class Typed {
  name: u32;
  dtype: u32;
  rank: u32;
}

@unmanaged
export class Tensor extends Typed {
  dims0: u32;
  dims1: u32;
  dims2: u32;
  dims3: u32;
  dims4: u32;
  dims5: u32;
  scale: f32;
  zero: i32;
  /** int8 numbers known to be in 0..127, for all of a clamp: what relaxed dots need. */
  natural: bool;
  elements: u32;
  /** The shape as rows x columns x channels. */
  rows: u32;
  columns: u32;
  channels: u32;
  /** Index of the node that makes it; -1 for the model's inputs, -2 for none yet. */
  producer: i32;
  /** The last node that reads it; the number of nodes for the model's outputs. */
  last: i32;
  /** How many nodes read it, and how often it is an output. */
  readers: u32;
  /** It lies in planes, not row-major: planes.ts. */
  planar: bool;
  /** An f32 input or output that its only reader or writer handles as the host has it, at `host`: its layout is not in use. */
  raw: bool;
  host: usize;
  layout: usize;
}

@unmanaged
export class Weight extends Typed {
  /** [outputs, taps, inputs]: taps are kernel rows x kernel columns. */
  outputs: u32;
  kernelRows: u32;
  kernelColumns: u32;
  inputs: u32;
  blockOutputs: u32;
  blockInputs: u32;
  blocks: u32;
  positions: u32;
  values: u32;
  coding: u32;
  kept: u32;
  positionBytes: u32;
  valueBytes: u32;
  /** The positions, followed by the values. */
  data: usize;
}

@unmanaged
export class Node {
  op: u32;
  name: u32;
  index: i32;
  inputs: u32;
  outputs: u32;
  weights: u32;
  attributes: u32;
  /** u16 tensor indices, then the weights, then the attributes, as in the file. */
  inputList: usize;
  outputList: usize;
  weightList: usize;
  attributeList: usize;
  attributeEnd: usize;
  /** How many weights and attributes the operator asked for and found. */
  usedWeights: u32;
  usedAttributes: u32;
  /** Index in ops/table.ts. */
  operator: u32;
  /** What the operator's `prepare` leaves for its `run`. */
  params: usize;
  /** Memory that only this node uses while it runs. */
  scratch: usize;
  /** Where its tensors lie row-major (places.ts), and its loops over them (loops.ts); or 0. */
  places: usize;
  loops: usize;
  keptWeights: u32;
  allWeights: u32;
  multiplyAdds: f64;
  unpacked: u32;
}

/** A loaded model: tables of the classes above. */
@unmanaged
export class Model {
  file: usize;
  bytes: u32;
  strings: usize;
  stringCount: u32;
  tensors: usize;
  tensorCount: u32;
  weights: usize;
  weightCount: u32;
  nodes: usize;
  nodeCount: u32;
  /** u16 tensor indices in the file. */
  inputs: usize;
  inputCount: u32;
  outputs: usize;
  outputCount: u32;
  metadata: usize;
  metadataBytes: u32;
  /** Images a run. */
  batch: u32;
  /** Scratch of threads other than the main one, so much each. */
  scratch: usize;
  scratchBytes: u32;
}

const record: usize = memory.data(80, 16);
export const model: Model = changetype<Model>(record);

export function clearModel(): void {
  memory.fill(record, 0, offsetof<Model>());
}

export function textAt(index: u32): Text {
  return changetype<Text>(model.strings + index * offsetof<Text>());
}

export function tensorAt(index: u32): Tensor {
  return changetype<Tensor>(model.tensors + index * offsetof<Tensor>());
}

export function weightAt(index: u32): Weight {
  return changetype<Weight>(model.weights + index * offsetof<Weight>());
}

export function nodeAt(index: u32): Node {
  return changetype<Node>(model.nodes + index * offsetof<Node>());
}

export function inputOf(node: Node, index: u32): Tensor {
  return tensorAt(load<u16>(node.inputList + (index << 1)));
}

export function outputOf(node: Node): Tensor {
  return tensorAt(load<u16>(node.outputList));
}

export function layoutOf(tensor: Tensor): Layout {
  return changetype<Layout>(tensor.layout);
}

/** Scratch of `bytes` for this node alone, on each thread; its address is known when it runs. False where memory does not suffice. */
export function needScratch(node: Node, bytes: u64): bool {
  const region = changetype<Region>(alloc(offsetof<Region>()));
  if (changetype<usize>(region) == 0) return false;
  region.bytes = bytes;
  region.first = node.index;
  region.last = node.index;
  node.scratch = changetype<usize>(region);
  return true;
}

export function scratchOf(node: Node): usize {
  // not in the arena: a thread that comes late may write there while a later node runs
  if (ASC_FEATURE_THREADS && partOf()) return model.scratch + (partOf() - 1) * model.scratchBytes;
  return changetype<Region>(node.scratch).address;
}

/** Bytes of one of the weight's elements. */
export function bytesOf(weight: Weight): u32 {
  return weight.dtype == DType.I8 ? 1 : 4;
}
