/** Checks that every operator of a family has. */
import assert from 'node:assert/strict';
import '@tensorflow/tfjs'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import { elements, type Graph } from '../../src/graph/index.js';
import type { Values } from '../../src/ops/op.js';
import { runReference } from '../../src/reference/run.js';
import { trainForward, trainForwardArrays } from '../helpers/forward.js';
import type { Random } from '../helpers/random.js';
import { within } from './helpers.js';

/** Ranks 0 to 4 (5 with the batch), one element, odd sizes. */
export const SHAPES: number[][] = [[], [1], [7], [3, 5], [1, 4], [2, 1, 3], [3, 5, 2], [2, 3, 1, 2]];

/** `train` gives what the reference gives, within `bound` of the reference's value; gives both. */
export function compareForwards(
  graph: Graph,
  inputs: Float32Array[],
  bound: (y: number) => number,
): Float32Array {
  const [want] = runReference(graph, inputs) as Float32Array[];
  const [got] = trainForwardArrays(graph, inputs);
  within(got, want, (i) => bound(want[i]), JSON.stringify(graph.nodes[0]));
  const { shape } = graph.tensors.get('y')!;
  assert.equal(want.length, elements(shape), `${graph.nodes[0].op}: elements of [${shape}]`);
  return want;
}

/**
 * As many numbers, evenly spaced in (lo, hi), in a random order: no two are near enough for the small steps of
 * `checkGradient` to change which is greater.
 */
export function apart(r: Random, inputs: Float32Array[], lo: number, hi: number): Float32Array[] {
  const count = inputs.reduce((sum, { length }) => sum + length, 0);
  const numbers = Array.from({ length: count }, (_, i) => lo + ((i + 0.5) / count) * (hi - lo));
  return inputs.map((x) => x.map(() => numbers.splice(r.int(0, numbers.length - 1), 1)[0]));
}

/** `2^-20 * max(1, |y|)`, FORMAT.md's bound of functions. */
export function functionBound(y: number): number {
  return 2 ** -20 * Math.max(1, Math.abs(y));
}

/**
 * The gradient by each input (or those numbered in `by`) is what small steps say: `(f(x + h) - f(x - h)) / 2h` along one
 * random direction, with the reference's numbers, which are rounded to f32: hence the bound of a percent.
 */
export function checkGradient(
  graph: Graph,
  inputs: Float32Array[],
  r: Random,
  by = inputs.map((_, i) => i),
): void {
  const shapes = graph.inputs.map((name) => graph.tensors.get(name)!.shape);
  const directions = inputs.map((x, i) => x.map(() => (by.includes(i) ? r.next() - 0.5 : 0)));
  const weights = runReference(graph, inputs)[0].map(() => r.next() + 0.5);
  const gradients = tf.tidy(() => {
    const all = inputs.map((x, i) => tf.tensor(x, [1, ...shapes[i]]));
    const f = (...some: tf.Tensor[]): tf.Scalar => {
      const y = trainForward(
        graph,
        all.map((x, i) => some[by.indexOf(i)] ?? x),
      ).get('y')!;
      return tf.sum(tf.mul(tf.reshape(y, [-1]), tf.tensor1d(weights as Float32Array))) as tf.Scalar;
    };
    return tf
      .grads(f)(by.map((i) => all[i]))
      .map((gradient) => gradient.dataSync() as Float32Array);
  });
  const slope = gradients.reduce((sum, gradient, k) => sum + dot(gradient, directions[by[k]]), 0);
  const h = 2 ** -8;
  const moved = (step: number): number => {
    const at = inputs.map((x, i) => x.map((value, j) => value + step * directions[i][j]));
    return dot(runReference(graph, at)[0], weights);
  };
  const magnitude = gradients.reduce(
    (sum, g, k) => sum + dot(g.map(Math.abs), directions[by[k]].map(Math.abs)),
    0,
  );
  const secant = (moved(h) - moved(-h)) / (2 * h);
  const bound = 0.01 * (magnitude + 1);
  assert.ok(
    Math.abs(slope - secant) <= bound,
    `${JSON.stringify(graph.nodes[0])}: gradient ${slope}, small steps ${secant}, bound ${bound}`,
  );
}

function dot(a: Values, b: Values): number {
  return Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
}
