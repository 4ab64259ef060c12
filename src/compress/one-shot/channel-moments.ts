import * as tf from '@tensorflow/tfjs-core';

/** Of the last axis of a tensor; the variance is that of the samples themselves. */
export interface Statistics {
  mean: Float32Array;
  variance: Float32Array;
}

/** Mean and variance by channel of tensors that come in parts: of each around its own mean, joined in double precision (Chan et al. 1979). */
export class ChannelMoments {
  #count = 0;
  #mean: number[] = [];
  #squares: number[] = [];

  /** @param x `[..., channels]` */
  add(x: tf.Tensor): void {
    const part = tf.tidy(() => momentsOf(x));
    const total = this.#count + part.count;
    this.#squares = part.squares.map((s, c) => {
      const apart = part.mean[c] - (this.#mean[c] ?? 0);
      return s + (this.#squares[c] ?? 0) + (apart * apart * this.#count * part.count) / total;
    });
    this.#mean = part.mean.map((m, c) => ((this.#mean[c] ?? 0) * this.#count + m * part.count) / total);
    this.#count = total;
  }

  statistics(): Statistics {
    return {
      mean: Float32Array.from(this.#mean),
      variance: Float32Array.from(this.#squares, (s) => s / this.#count),
    };
  }
}

function momentsOf(x: tf.Tensor): { count: number; mean: number[]; squares: number[] } {
  const channels = x.shape.at(-1)!;
  const count = x.size / channels;
  const { mean, variance } = tf.moments(tf.reshape(x, [count, channels]), 0);
  return {
    count,
    mean: Array.from(mean.dataSync()),
    squares: Array.from(variance.dataSync(), (v) => v * count),
  };
}
