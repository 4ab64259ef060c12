import * as tf from '@tensorflow/tfjs-core';
import { elements, type Graph, type Node, type Weight } from '../../graph/index.js';
import { randomStream, type Random } from '../../train/random.js';
import { patchesOf } from '../quantize/patches.js';
import type { Replay } from './replay.js';

/**
 * What a layer reads and should give, averaged over samples and pixels: with `x` what its kernel is multiplied with now, and
 * `y = w x_dense` what the dense network's kernel gives there. For each group of a grouped layer (a channel of a depthwise one).
 */
export interface Moments {
  groups: number;
  taps: number;
  /** Products that were averaged. */
  count: number;
  /** `E[x x']`, `[groups, taps, taps]`. */
  hessian: Float64Array;
  /** `E[y x']`, `[outputs, taps]`. */
  cross: Float64Array;
  /** `E[x]`, `[groups, taps]`. */
  mean: Float64Array;
  /** `E[y]` and `E[y^2]`, `[outputs]`. */
  target: Float64Array;
  energy: Float64Array;
}

/** Adds up a layer's moments batch by batch: products in f32, sums in double precision. */
export class MomentsBuilder {
  readonly #graph: Graph;
  readonly #node: Node;
  readonly #kernel: Weight;
  readonly #pixels: number;
  readonly #random: Random;
  #sums?: Omit<Moments, 'count'>;
  #count = 0;

  /**
   * @param graph the dense network
   * @param pixels of an image that are looked at, at most, each time others
   */
  constructor(graph: Graph, node: Node, pixels: number, seed: number) {
    this.#graph = graph;
    this.#node = node;
    this.#kernel = graph.weights.get(node.weights.kernel)!;
    this.#pixels = pixels;
    this.#random = randomStream(seed);
  }

  /** One batch of what the node of this index reads in either network; `dense` may be `now`. */
  addFrom(now: Replay, dense: Replay, index: number, batch: number): void {
    const [x] = dense.inputsOf(index, batch);
    const [current] = now === dense ? [x] : now.inputsOf(index, batch);
    this.add(current, x);
    tf.dispose([x, current]);
  }

  /**
   * @param x what the layer reads now, `[batch, ...shape]`
   * @param dense what it reads in the dense network, or `x` itself
   */
  add(x: tf.Tensor, dense: tf.Tensor): void {
    // Both sides look at the same pixels.
    const draws: number[] = [];
    const current = this.#patches(x, () => draws[draws.push(this.#random()) - 1]);
    let again = 0;
    const wanted = x === dense ? current : this.#patches(dense, () => draws[again++]);
    const { groups, pixels, taps } = current;
    const { shape, data } = this.#kernel;
    const outputs = shape[0];
    tf.tidy(() => {
      const now = tf.tensor3d(current.data, [groups, pixels, taps]);
      const before = wanted === current ? now : tf.tensor3d(wanted.data, [groups, pixels, taps]);
      const kernel = tf.tensor3d(data as Float32Array, [groups, outputs / groups, taps]);
      const y = tf.matMul(before, kernel, false, true);
      this.#sums ??= zeros(groups, taps, outputs);
      const { hessian, cross, mean, target, energy } = this.#sums;
      addTo(hessian, tf.matMul(now, now, true, false));
      addTo(cross, tf.matMul(y, now, true, false));
      addTo(mean, tf.sum(now, 1));
      addTo(target, tf.sum(y, 1));
      addTo(energy, tf.sum(tf.square(y), 1));
    });
    this.#count += pixels;
  }

  #patches(x: tf.Tensor, random: () => number): ReturnType<typeof patchesOf> {
    const { tensors } = this.#graph;
    const node = this.#node;
    const shape = tensors.get(node.inputs[0])!.shape;
    const output = tensors.get(node.outputs[0])!.shape;
    const most = x.shape[0]! * Math.min(this.#pixels, elements(output.slice(0, -1)));
    return patchesOf(node, x.dataSync() as Float32Array, shape, this.#kernel.shape, output, { most, random });
  }

  /** @throws RangeError where nothing was added */
  finish(): Moments {
    const sums = this.#sums;
    if (!sums) throw new RangeError('moments: expected at least one batch, got none');
    for (const each of [sums.hessian, sums.cross, sums.mean, sums.target, sums.energy])
      for (let i = 0; i < each.length; i++) each[i] /= this.#count;
    return { ...sums, count: this.#count };
  }
}

function zeros(groups: number, taps: number, outputs: number): Omit<Moments, 'count'> {
  return {
    groups,
    taps,
    hessian: new Float64Array(groups * taps * taps),
    cross: new Float64Array(outputs * taps),
    mean: new Float64Array(groups * taps),
    target: new Float64Array(outputs),
    energy: new Float64Array(outputs),
  };
}

function addTo(sums: Float64Array, part: tf.Tensor): void {
  const values = part.dataSync();
  for (let i = 0; i < sums.length; i++) sums[i] += values[i];
}

/**
 * The same around the means: what is lost on average, the bias gives back. For layers with a bias, or with a batch norm behind
 * them that is estimated again.
 */
export function centred(moments: Moments): Moments {
  const { groups, taps, mean, target } = moments;
  const perGroup = target.length / groups;
  const hessian = moments.hessian.map((value, at) => {
    const column = at % taps;
    const row = Math.floor(at / taps);
    return value - mean[row] * mean[Math.floor(row / taps) * taps + column];
  });
  const cross = moments.cross.map((value, at) => {
    const o = Math.floor(at / taps);
    return value - target[o] * mean[Math.floor(o / perGroup) * taps + (at % taps)];
  });
  const energy = moments.energy.map((value, o) => value - target[o] ** 2);
  return { ...moments, hessian, cross, energy };
}
