/**
 * Where activations lie. Layouts first: row strides by classes of layouts that must agree, then sizes. Then one plan
 * a model: every layout and every node's scratch gets an offset for the time it lives; nothing is allocated in a run.
 */
import { alloc } from './heap';
import { DType, Layout, layoutOf, model, nodeAt, Tensor, tensorAt } from './model';
import { Op } from './ops/names';
import { partsOf } from './threads';

/** A vector tile: kernels write whole ones. */
const TILE: u64 = 16;

export function isPixel(tensor: Tensor): bool {
  return tensor.rows == 1 && tensor.columns == 1;
}

/** It lies as one vector an image: one pixel, or row-major. */
export function isVector(tensor: Tensor): bool {
  return LOPPER_FULL ? !tensor.planar || isPixel(tensor) : isPixel(tensor);
}

/** Nodes after this never come: a layout that lives so long is never written to again. */
const FOREVER: i32 = i32.MAX_VALUE;

function isConstant(tensor: Tensor): bool {
  return tensor.producer >= 0 && nodeAt(tensor.producer).operator == Op.CONSTANT;
}

/** The tensor is a constant at `address`, which every image reads. */
export function keepForever(tensor: Tensor, address: usize): void {
  const layout = layoutOf(tensor);
  layout.address = address;
  layout.image = 0;
}

/** A layout of its own for `tensor`, living from its producer to its last use. */
export function createLayout(tensor: Tensor): bool {
  const layout = changetype<Layout>(alloc(offsetof<Layout>()));
  tensor.layout = changetype<usize>(layout);
  if (!tensor.layout) return false;
  const pairs = tensor.dtype == DType.I8;
  // row-major is one vector
  const planar = !LOPPER_FULL || tensor.planar;
  const channels = planar ? tensor.channels : tensor.elements;
  layout.element = pairs ? 2 : 4;
  layout.planes = pairs ? (channels + 1) >> 1 : channels;
  layout.rows = planar ? tensor.rows : 1;
  layout.columns = planar ? tensor.columns : 1;
  layout.fill = pairs ? u16(tensor.zero & 0xff) * 0x101 : 0;
  layout.first = tensor.producer;
  layout.last = LOPPER_FULL && isConstant(tensor) ? FOREVER : tensor.last;
  return true;
}

/** Lets `tensor` lie where `other` does, which has its shape. */
export function share(tensor: Tensor, other: Tensor): void {
  tensor.layout = other.layout;
  const layout = layoutOf(other);
  layout.last = max(layout.last, tensor.last);
}

function rootOf(layout: Layout): Layout {
  while (layout.parent) layout = changetype<Layout>(layout.parent);
  return layout;
}

/** Gives two tensors the same row stride, so that one run of pixels crosses all rows of both. */
export function unite(a: Tensor, b: Tensor): void {
  if (isVector(a) || isVector(b)) return;
  const rootA = rootOf(layoutOf(a));
  const rootB = rootOf(layoutOf(b));
  if (rootA != rootB) rootB.parent = changetype<usize>(rootA);
}

/** Fixes row stride and size of every layout; a size beyond any memory stays visible in `bytes`. */
export function fixLayouts(): void {
  for (let i: u32 = 0; i < model.tensorCount; ++i) {
    const layout = layoutOf(tensorAt(i));
    const root = rootOf(layout);
    root.least = max(root.least, max(layout.least, u64(layout.columns)));
  }
  for (let i: u32 = 0; i < model.tensorCount; ++i) {
    const tensor = tensorAt(i);
    fixLayout(layoutOf(tensor));
    if (tensor.raw) layoutOf(tensor).bytes = 0;
  }
}

/** Where parts of a plane are written by several threads, four rows, and images, are whole tiles: a tile then has one writer. */
const ROWS: u64 = 4;

/** A pixel's planes are one vector an image; other planes hold all images one below the other, and room for a tile's last write. */
function fixLayout(layout: Layout): void {
  if (layout.rows == 1 && layout.columns == 1) {
    layout.stride = layout.plane = 1;
    layout.image = (layout.planes + 31) & ~31;
    layout.bytes = u64(layout.image) * model.batch * layout.element;
    return;
  }
  let stride = rootOf(layout).least;
  if (partsOf() > 1) stride = (stride + ROWS - 1) & ~(ROWS - 1);
  // what is beyond any memory anyway stays within u64
  let image = min(stride * layout.rows, u64(u32.MAX_VALUE));
  if (partsOf() > 1) image = (image + TILE - 1) & ~(TILE - 1);
  const plane = (image * model.batch + TILE + 15) & ~15;
  layout.bytes = plane < u64(u32.MAX_VALUE) ? plane * layout.element * layout.planes : u64.MAX_VALUE >> 1;
  layout.stride = u32(stride);
  layout.image = u32(image);
  layout.plane = u32(plane);
}

/** Address of pixel (0, 0) of a plane, of the first image or of `image`. */
export function planeOf(layout: Layout, plane: u32): usize {
  return layout.address + usize(layout.plane * plane) * layout.element;
}

export function imageOf(layout: Layout, plane: u32, image: u32): usize {
  return planeOf(layout, plane) + usize(layout.image * image) * layout.element;
}

/** Pixels from (0, 0) to the last of an image, across row ends. */
export function runOf(layout: Layout): u32 {
  return layout.stride * (layout.rows - 1) + layout.columns;
}

/** Runs of an operator on single numbers: vectors are one run, planes have one each. */
export function runsOf(layout: Layout): u32 {
  return layout.plane == 1 ? 1 : layout.planes;
}

/** Numbers in such a run, over all images: two a pixel for int8. */
export function numbersOf(layout: Layout): u32 {
  const last = layout.plane == 1 ? layout.planes : runOf(layout);
  const pixels = layout.image * (model.batch - 1) + last;
  return layout.element == 2 ? pixels << 1 : pixels;
}
