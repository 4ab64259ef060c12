/** The pipeline's model in memory. Shapes leave out the batch: an image is `[height, width, channels]`, a vector `[n]`. */

export type DType = 'f32' | 'i8' | 'i32';

/** `real = scale * (stored - zeroPoint)`; one scale a tensor. */
export interface Quantization {
  /** Positive, finite, an exact f32. */
  scale: number;
  /** In -128..127. */
  zeroPoint: number;
}

/** An activation: what flows between nodes. `quantization` is there exactly when `dtype` is `i8`. */
export interface Tensor {
  name: string;
  shape: number[];
  dtype: DType;
  quantization?: Quantization;
}

/**
 * A constant. Convolution kernels are `[outputs, rows, columns, inputs]`, depthwise kernels
 * `[outputs, rows, columns, 1]`, dense kernels `[outputs, inputs]`, recurrent ones `[gates * units, inputs]`, a constant's
 * value what its output is, everything else `[outputs]`.
 */
export interface Weight {
  name: string;
  shape: number[];
  dtype: DType;
  /** Row-major, `shape`'s product long: Float32Array for f32, Int8Array for i8, Int32Array for i32. */
  data: Float32Array | Int8Array | Int32Array;
  /** Unit of sparsity, output by input channels: `[1, 1]` is unstructured. */
  block: [number, number];
}

/** What an operator's attribute may be on disk: i32, f32, list of i32, or string (see FORMAT.md). */
export type Attribute = number | number[] | string;

export interface Node {
  name: string;
  /** A name in `src/ops/table.ts`. */
  op: string;
  /** Names of tensors. */
  inputs: string[];
  outputs: string[];
  attributes: Record<string, Attribute>;
  /** Role (`kernel`, `bias`, `scale`, ...) to name of weight. */
  weights: Record<string, string>;
}

/** Nodes stand in execution order. Two nodes may share a weight (shared layers). */
export interface Graph {
  inputs: string[];
  outputs: string[];
  tensors: Map<string, Tensor>;
  weights: Map<string, Weight>;
  nodes: Node[];
  /** JSON: labels, preprocessing, provenance, recipe, measured accuracy and sparsity. */
  metadata: Record<string, unknown>;
}

/** Most dimensions of a tensor or weight. */
export const MAX_RANK = 6;

/** Number of elements of a shape; 1 for a scalar. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}
