/** Sparse tensors: TFLite's variant of the TACO format, described in its schema at SparsityParameters. */
import { elements } from '../../graph/index.js';
import type { ForeignTensor } from './model.js';
import {
  DIMENSION,
  INT32_VECTOR,
  SPARSE_DIMENSION,
  SPARSITY,
  TENSOR,
  UINT16_VECTOR,
  UINT8_VECTOR,
} from './schema.js';
import type { FlatTable } from './table.js';

/** One level of the traversal: every index below `size`, or those that `segments` and `indices` list, as in CSR. */
interface Level {
  /** Of the block's or tensor's axis that it walks. */
  size: number;
  segments?: number[];
  indices?: number[];
}

interface Sparsity {
  table: FlatTable;
  /** Axes in the order of the walk: 0..rank-1 are the tensor's, counted in blocks, the others a block's. */
  order: number[];
  /** The tensor's axis of each axis of a block. */
  blockMap: number[];
  levels: Level[];
}

/** A dense tensor's most elements: a sparse one may be written for any size in a few bytes. */
const MOST = 2 ** 26;

export function isSparse(tensor: ForeignTensor): boolean {
  return tensor.table.table(TENSOR.sparsity, 'sparsity') !== undefined;
}

/**
 * For each stored value, in order, its place in the dense tensor, row-major.
 * @throws ImportError where metadata and shape do not fit
 */
export function densePlaces(tensor: ForeignTensor): Int32Array {
  const { shape } = tensor;
  const sparsity = sparsityOf(tensor);
  if (!(elements(shape) <= MOST))
    throw sparsity.table.error(`expected at most ${MOST} elements, got [${shape}]`);
  const steps = stepsOf(shape, sparsity);
  let places: number[] = [0];
  // Level by level, each place so far becomes the places below it: no more of them at any time than stored values.
  sparsity.levels.forEach((level, depth) => {
    places = below(places, level, steps[depth], sparsity.table, elements(shape));
  });
  return Int32Array.from(places);
}

/** How far apart, in the dense tensor, neighbours along each level lie. */
function stepsOf(shape: readonly number[], { table, order, blockMap, levels }: Sparsity): number[] {
  const rank = shape.length;
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)));
  const sizes = new Map(order.map((axis, depth) => [axis, levels[depth].size]));
  return order.map((axis, depth) => {
    const { size } = levels[depth];
    if (axis >= rank) return strides[blockMap[axis - rank]];
    const block = blockMap.indexOf(axis);
    const blockSize = block < 0 ? 1 : sizes.get(rank + block)!;
    if (size * blockSize !== shape[axis] || !Number.isInteger(size))
      throw table.error(`dim_metadata[${depth}]: expected ${shape[axis] / blockSize}, got ${size}`);
    return strides[axis] * blockSize;
  });
}

function below(places: number[], level: Level, step: number, table: FlatTable, most: number): number[] {
  const { size, segments, indices } = level;
  const next: number[] = [];
  const add = (place: number): void => {
    if (place >= most || next.length >= most)
      throw table.error(`dim_metadata: expected places below ${most}, got ${place}`);
    next.push(place);
  };
  if (!segments || !indices) {
    for (const place of places) for (let i = 0; i < size; i++) add(place + i * step);
    return next;
  }
  if (segments.length !== places.length + 1)
    throw table.error(`array_segments: expected ${places.length + 1} entries, got ${segments.length}`);
  places.forEach((place, i) => {
    const [from, to] = [segments[i], segments[i + 1]];
    if (!(from >= 0 && from <= to && to <= indices.length))
      throw table.error(
        `array_segments: expected rising numbers up to ${indices.length}, got ${from}, ${to}`,
      );
    for (let at = from; at < to; at++) {
      if (!(indices[at] >= 0 && indices[at] < size))
        throw table.error(`array_indices: expected numbers below ${size}, got ${indices[at]}`);
      add(place + indices[at] * step);
    }
  });
  return next;
}

function sparsityOf({ table: tensor, shape }: ForeignTensor): Sparsity {
  const table = tensor.table(TENSOR.sparsity, 'sparsity')!;
  const order = table.int32s(SPARSITY.traversalOrder, 'traversal_order');
  const blockMap = table.int32s(SPARSITY.blockMap, 'block_map');
  const dimensions = table.tables(SPARSITY.dimensions, 'dim_metadata');
  const rank = shape.length + blockMap.length;
  const sorted = order.toSorted((a, b) => a - b);
  if (order.length !== rank || !sorted.every((axis, i) => axis === i))
    throw table.error(`traversal_order: expected 0 to ${rank - 1} in some order, got [${order}]`);
  if (dimensions.length !== rank)
    throw table.error(`dim_metadata: expected ${rank}, got ${dimensions.length}`);
  const bad = blockMap.find((axis) => !(axis >= 0 && axis < shape.length));
  if (bad !== undefined || new Set(blockMap).size !== blockMap.length)
    throw table.error(`block_map: expected axes below ${shape.length}, each once, got [${blockMap}]`);
  const blockSizes = blockMap.map((_, i) => denseSize(dimensions[order.indexOf(shape.length + i)]));
  const levels = dimensions.map((dimension, depth): Level => {
    if (dimension.int8(DIMENSION.format) !== SPARSE_DIMENSION) return { size: denseSize(dimension) };
    const axis = order[depth];
    const block = blockMap.indexOf(axis);
    return {
      size: axis >= shape.length ? blockSizes[axis - shape.length] : shape[axis] / (blockSizes[block] ?? 1),
      segments: indexVector(dimension, DIMENSION.segmentsType, DIMENSION.segments, 'array_segments'),
      indices: indexVector(dimension, DIMENSION.indicesType, DIMENSION.indices, 'array_indices'),
    };
  });
  return { table, order, blockMap, levels };
}

function denseSize(dimension: FlatTable): number {
  const size = dimension.int32(DIMENSION.denseSize);
  if (size >= 1) return size;
  throw dimension.error(`dense_size: expected at least 1, got ${size}`);
}

function indexVector(dimension: FlatTable, typeField: number, field: number, what: string): number[] {
  const vector = dimension.table(field, what);
  const type = dimension.uint8(typeField);
  if (vector && type === INT32_VECTOR) return vector.int32s(0, 'values');
  if (vector && type === UINT16_VECTOR) return vector.uint16s(0, 'values');
  if (vector && type === UINT8_VECTOR) return Array.from(vector.bytes(0, 'values') ?? []);
  throw dimension.error(`${what}: expected a vector of i32, u16 or u8, got type ${type}`);
}
