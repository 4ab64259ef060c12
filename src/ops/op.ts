import type { Attribute, DType, Node, Tensor, Weight } from '../graph/graph.js';
import type { Tensor as TfTensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { ChannelRule } from './channels.js';

/** What an operator's shape rule, training and reference forward see of a node. */
export interface NodeView {
  node: Node;
  inputs: Tensor[];
  outputs: Tensor[];
  /** With defaults filled in: `attributesOf(node)`. */
  attributes: Record<string, Attribute>;
  /** By role. */
  weights: Record<string, Weight>;
}

/** Values of one activation in the plain reference: row-major, channels last. */
export type Values = Float32Array | Int8Array;

/** All that TypeScript knows of one operator. One file an operator or family; `table.ts` lists them. */
export interface OpSpec {
  /** The operator's name in graphs and files. */
  name: string;
  /** Attributes with their default; an attribute without default (`undefined`) is required. */
  attributes: Record<string, Attribute | undefined>;
  /** Number of inputs, or least and most. */
  inputs: number | readonly [least: number, most: number];
  /** What it computes: dtype of all inputs, or of each, and of the output. */
  dtypes: readonly (readonly [input: DType | readonly DType[], output: DType])[];
  /** True where an int8 output has its input's scale and zero point, because values are only moved or compared. */
  keepsQuantization?: boolean;
  /** True where the output may have any shape of as many elements as `inferShape` says. */
  freeShape?: boolean;
  /** Weight roles: required ones, and optional ones. `scale` is there exactly when `kernel` is int8. */
  weights: { required: string[]; optional: string[] };
  /**
   * Shape of the output, without batch, from input shapes, attributes and weights' shapes.
   * Throws RangeError (what, expected, got) where they do not fit.
   */
  inferShape(view: Omit<NodeView, 'outputs'>): number[];
  /** What else has to fit, once shapes and dtypes do. Throws RangeError (what, expected, got). */
  check?(view: NodeView): void;
  /**
   * Plain loops over one sample; f32 in f32 steps, int8 exactly as FORMAT.md "Arithmetic" says.
   */
  reference(view: NodeView, inputs: Values[], weights: Record<string, Weight>): Values;
  /**
   * The same node on tfjs tensors with a leading batch dimension, f32, differentiable.
   * `weights` holds tfjs tensors in tfjs' own layout: see `tfLayout`.
   */
  train?(context: TrainContext): TfTensor;
  /**
   * How a weight of this role lies in tfjs: transposed by `permutation`, then reshaped to `shape`
   * (conv2d kernels [O,KH,KW,I] -> HWIO, dense [O,I] -> [I,O], depthwise -> HWCM). Absent: as it is.
   */
  tfLayout?(
    role: string,
    shape: readonly number[],
    inputShape: readonly number[],
  ): { permutation: number[]; shape: number[] } | undefined;
  /** Weight roles that pruning may touch. */
  prunable: string[];
  /** How channels run through: what structured pruning has to shrink together. Absent: nothing of it may shrink. */
  channels?: ChannelRule;
}

/** One node in a training or f32 forward pass. */
export interface TrainContext {
  node: Node;
  /** With defaults filled in: `attributesOf(node)`. */
  attributes: Record<string, Attribute>;
  inputs: TfTensor[];
  weights: Record<string, TfTensor>;
  /** Shape of the node's output without batch. */
  outputShape: number[];
  /** True while training: dropout drops, batch norm uses the batch's statistics. */
  training: boolean;
  /** True where batch norm uses its moving averages while training too, as with batches too small for statistics. */
  frozenStatistics?: boolean;
  /** Dropout's seed, another one for every node and step; where absent a run cannot be repeated. */
  seed?: number;
  /** Called by batch norm while training with the batch's mean and variance, to move its averages. */
  onStatistics?(meanWeight: string, mean: TfTensor, varianceWeight: string, variance: TfTensor): void;
  /** Batch norm by the batch's statistics, where the trainer has a faster one than tfjs' own twenty passes over memory. */
  normalizeBatch?: NormalizeBatch;
}

/** `y = (x - mean) / sqrt(variance + epsilon) * gamma + beta` over all axes but the last, with the batch's mean and variance. */
export type NormalizeBatch = (
  x: TfTensor,
  gamma: Tensor1D,
  beta: Tensor1D,
  epsilon: number,
) => { y: TfTensor; mean: TfTensor; variance: TfTensor };
