/** Random weights for an architecture: what is kept, and how large it is. */
import type { LopModel, LopNode, LopWeight } from '../../format/index.js';
import { activationsOf, BIAS_DEVIATION, type Moments } from './moments.js';
import { chooseMask, createRandom, type Random } from './random.js';

export interface DrawOptions {
  /** Fraction of the blocks of each prunable kernel that is zero, in [0, 1). Default 0. */
  sparsity?: number;
  /** Outputs by inputs. Default 1x1. */
  block?: readonly [number, number];
  /** Default 1. */
  seed?: number;
}

/**
 * Nodes whose kernels are pruned: all convolutions but the depthwise ones and the first, and all dense layers. A network of one
 * convolution is that layer, and pruned.
 */
export function prunableNodes(model: LopModel): Set<LopNode> {
  const layers = model.nodes.filter(({ op }) => op === 'conv2d' || op === 'dense');
  const stem = layers.length > 1 && layers[0].op === 'conv2d' ? layers[0] : undefined;
  return new Set(layers.filter((node) => node !== stem));
}

function checkOptions({ sparsity = 0, block = [1, 1] }: DrawOptions): void {
  if (!(sparsity >= 0 && sparsity < 1))
    throw new RangeError(`sparsity: expected a number in [0, 1), got ${sparsity}`);
  if (!block.every((side) => Number.isInteger(side) && side >= 1 && side <= 255))
    throw new RangeError(`block: expected two whole numbers in 1..255, got ${block.join('x')}`);
}

/**
 * Fills a model's f32 kernels and biases in place. Of each prunable kernel exactly `round((1 - sparsity) * blocks)` blocks are
 * kept, at random; its tap is part of a block's place, as in FORMAT.md. Kept weights are normal, each output's scaled so that its
 * sums have a mean square of 1 (He et al. 2015, arXiv:1502.01852, with the weights drawn in place of their expectation).
 * Throws RangeError for a sparsity or block out of range.
 */
export function drawWeights(model: LopModel, options: DrawOptions = {}): LopModel {
  checkOptions(options);
  const { sparsity = 0, block = [1, 1], seed = 1 } = options;
  const { moments } = activationsOf(model);
  const prunable = prunableNodes(model);
  for (const [stream, node] of model.nodes.entries()) {
    const kernel = model.weights.get(node.weights['kernel']);
    if (!kernel) continue;
    const random = createRandom(seed, stream);
    const pruned = sparsity > 0 && prunable.has(node);
    const mask = pruned ? keptBlocks(kernel, sparsity, block, random) : undefined;
    kernel.block = pruned ? [block[0], block[1]] : [1, 1];
    fillKernel(kernel, mask, moments.get(node.inputs[0])!, random);
    const bias = model.weights.get(node.weights['bias'])!;
    for (let o = 0; o < bias.data.length; o++) bias.data[o] = BIAS_DEVIATION * random.normal();
  }
  return model;
}

/** Rows of blocks, and blocks in a row: `[ceil(O / bo)]` by `[KH * KW * ceil(I / bi)]`. */
function gridOf({ shape }: LopWeight, [bo, bi]: readonly number[]) {
  const [outputs, ...rest] = shape;
  const inputs = rest.pop()!;
  const taps = rest.reduce((all, dim) => all * dim, 1);
  return { outputs, taps, inputs, across: Math.ceil(inputs / bi), rows: Math.ceil(outputs / bo) };
}

function keptBlocks(
  kernel: LopWeight,
  sparsity: number,
  block: readonly [number, number],
  random: Random,
): Uint8Array {
  const { rows, taps, across } = gridOf(kernel, block);
  const blocks = rows * taps * across;
  return chooseMask(blocks, Math.round((1 - sparsity) * blocks), random);
}

/** Draws each output's kept weights; without a mask all are kept. */
function fillKernel(kernel: LopWeight, mask: Uint8Array | undefined, input: Moments, random: Random): void {
  const { outputs, taps, inputs, across } = gridOf(kernel, kernel.block);
  const [bo, bi] = kernel.block;
  const size = taps * inputs;
  const kept = new Uint32Array(size);
  for (let o = 0; o < outputs; o++) {
    const first = Math.floor(o / bo) * taps * across;
    let count = 0;
    for (let k = 0; k < size; k++) {
      const at = first + Math.floor(k / inputs) * across + Math.floor((k % inputs) / bi);
      if (!mask || mask[at]) kept[count++] = k;
    }
    drawOutput(kernel.data.subarray(o * size, (o + 1) * size), kept.subarray(0, count), input, random);
  }
}

/** `sum w x` over independent inputs has the mean `mean * sum w` and the variance `variance * sum w^2`. */
function drawOutput(
  weights: LopWeight['data'],
  kept: Uint32Array,
  { mean, variance }: Moments,
  random: Random,
): void {
  let sum = 0;
  let squares = 0;
  for (const k of kept) {
    const w = (weights[k] = random.normal());
    sum += w;
    squares += w * w;
  }
  const factor = 1 / Math.sqrt((mean * sum) ** 2 + variance * squares);
  for (const k of kept) weights[k] *= factor;
}
