import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import type { Attribute } from '../../src/graph/index.js';
import { attributesOf, checkGraph } from '../../src/ops/check.js';
import { resizeNeighbours } from '../../src/ops/resize2d.js';
import { runReference } from '../../src/reference/run.js';
import { trainForwardArrays } from '../helpers/forward.js';
import { random, SEED } from '../helpers/random.js';
import { checkGradient, compareForwards, functionBound } from './families.js';
import { graphOf, inputsOf, int8GraphOf, within } from './helpers.js';

const op = 'resize2d';
type Attributes = Record<string, Attribute>;

/** One row of pixels resized to `width`. */
function row(x: number[], width: number, attributes: Attributes): number[] {
  const graph = graphOf({ op, inputs: [[1, x.length, 1]], attributes: { size: [1, width], ...attributes } });
  return [...runReference(graph, [Float32Array.from(x)])[0]];
}

t.test('linear, by hand: each way to lay coordinates', async (t) => {
  t.same(row([0, 8], 4, {}), [0, 2, 6, 8], 'half_pixel');
  t.same(row([0, 8], 4, { coordinates: 'asymmetric' }), [0, 4, 8, 8]);
  t.same(row([0, 9], 4, { coordinates: 'align_corners' }).map(Math.round), [0, 3, 6, 9]);
  t.same(row([0, 8, 16, 24], 2, {}), [4, 20]);
  t.same(row([0, 8, 16, 24], 1, {}), [12], 'half_pixel of one');
  t.same(row([0, 8, 16, 24], 1, { coordinates: 'pytorch_half_pixel' }), [0]);
  t.same(row([0, 8, 16, 24], 1, { coordinates: 'align_corners' }), [0]);
  t.same(row([0, 8], 3, { coordinates: 'asymmetric', scale_x: 2 }), [0, 4, 8], 'a scale that is not out/in');
});

t.test('nearest, by hand: each rounding', async (t) => {
  const nearest = (rounding: string): number[] =>
    row([1, 2, 3], 6, { mode: 'nearest', coordinates: 'asymmetric', rounding });
  // At 0, 0.5, 1, 1.5, 2, 2.5.
  t.same(nearest('floor'), [1, 1, 2, 2, 3, 3]);
  t.same(nearest('ceil'), [1, 2, 2, 3, 3, 3]);
  t.same(nearest('round_prefer_floor'), [1, 1, 2, 2, 3, 3]);
  t.same(nearest('round_prefer_ceil'), [1, 2, 2, 3, 3, 3]);
  t.same(
    row([1, 2, 3], 2, { mode: 'nearest', coordinates: 'tf_half_pixel_for_nn', rounding: 'floor' }),
    [1, 3],
  );
});

t.test(`linear as tf.image.resizeBilinear (SEED=${SEED})`, async () => {
  const r = random();
  for (const [coordinates, corners, half] of [
    ['asymmetric', false, false],
    ['align_corners', true, false],
    ['half_pixel', false, true],
  ] as const) {
    for (let i = 0; i < 20; i++) {
      const shape = [r.int(1, 7), r.int(1, 7), r.int(1, 3)];
      const size: [number, number] = [r.int(1, 9), r.int(1, 9)];
      const graph = graphOf({ op, inputs: [shape], attributes: { size, coordinates } });
      const inputs = inputsOf(graph, r) as Float32Array[];
      const y = compareForwards(graph, inputs, functionBound);
      const image = tf.tensor4d(inputs[0], [1, ...(shape as [number, number, number])]);
      // tfjs' coordinates are f32: a few 2^-24 of up to 7, times neighbours that differ by up to 8.
      const want = tf.image.resizeBilinear(image, size, corners, half).dataSync();
      within(y, want, () => 2 ** -17, JSON.stringify({ shape, size, coordinates }));
      if (i < 3) checkGradient(graph, inputs, r);
    }
  }
});

t.test(`nearest as tf.image.resizeNearestNeighbor (SEED=${SEED})`, async (t) => {
  const r = random();
  for (const [coordinates, rounding, corners, half] of [
    ['asymmetric', 'floor', false, false],
    ['align_corners', 'round_prefer_ceil', true, false],
    ['tf_half_pixel_for_nn', 'floor', false, true],
  ] as const) {
    // Powers of two, where tfjs' f32 coordinates are exact.
    for (let i = 0; i < 20; i++) {
      const shape = [2 ** r.int(0, 3), 2 ** r.int(0, 3), r.int(1, 3)];
      const size: [number, number] = corners ? [3, 5] : [2 ** r.int(0, 4), 2 ** r.int(0, 4)];
      const attributes = { size, mode: 'nearest', coordinates, rounding };
      const graph = graphOf({ op, inputs: [shape], attributes });
      const inputs = inputsOf(graph, r) as Float32Array[];
      const y = compareForwards(graph, inputs, () => 0);
      const image = tf.tensor4d(inputs[0], [1, ...(shape as [number, number, number])]);
      t.same(
        y,
        tf.image.resizeNearestNeighbor(image, size, corners, half).dataSync(),
        JSON.stringify(attributes),
      );
      if (i < 3) checkGradient(graph, inputs, r);
    }
  }
});

t.test(`as two interpolate nodes, to the bit (SEED=${SEED})`, async (t) => {
  const r = random();
  for (let i = 0; i < 20; i++) {
    const coordinates = r.pick(['half_pixel', 'asymmetric', 'align_corners', 'pytorch_half_pixel']);
    const attributes = { size: [r.int(1, 9), r.int(1, 9)], coordinates };
    const shape = [r.int(1, 7), r.int(1, 7), r.int(1, 3)];
    const graph = graphOf({ op, inputs: [shape], attributes });
    const [x] = inputsOf(graph, r) as Float32Array[];
    let [from, values] = [shape, x];
    resizeNeighbours(shape, attributesOf(graph.nodes[0])).forEach((neighbours, axis) => {
      const length = [neighbours.lower.length];
      const weights = Object.fromEntries(
        Object.entries(neighbours).map(([role, data]) => [
          role,
          { shape: length, data: data as Float32Array },
        ]),
      );
      const one = interpolateGraph(from, axis, weights);
      const [y] = runReference(one, [values]) as Float32Array[];
      within(trainForwardArrays(one, [values])[0], y, (k) => functionBound(y[k]), 'training forward');
      [from, values] = [one.tensors.get('y')!.shape, y];
    });
    t.same(values, runReference(graph, [x])[0]);
  }
});

function interpolateGraph(
  shape: number[],
  axis: number,
  weights: Record<string, { shape: number[]; data: ArrayLike<number> }>,
): ReturnType<typeof graphOf> {
  const graph = graphOf({ op: 'reshape', inputs: [shape] });
  const n = weights.lower.shape;
  const i32 = (role: string) => ({
    name: role,
    shape: n,
    dtype: 'i32' as const,
    data: Int32Array.from(weights[role].data),
  });
  for (const role of ['lower', 'upper']) graph.weights.set(role, { ...i32(role), block: [1, 1] });
  const fraction = Float32Array.from(weights.fraction.data);
  graph.weights.set('fraction', { name: 'fraction', shape: n, dtype: 'f32', data: fraction, block: [1, 1] });
  graph.tensors.set('y', { name: 'y', shape: shape.with(axis, n[0]), dtype: 'f32' });
  const roles = { lower: 'lower', upper: 'upper', fraction: 'fraction' };
  graph.nodes[0] = { ...graph.nodes[0], op: 'interpolate', attributes: { axis }, weights: roles };
  checkGraph(graph);
  return graph;
}

function vector(...data: number[]): { shape: number[]; data: number[] } {
  return { shape: [data.length], data };
}

/** Three values to two. */
function interpolateTwo(upper: number): unknown {
  return interpolateGraph([3], 0, { lower: vector(0, 1), upper: vector(1, upper), fraction: vector(0, 0.5) });
}

t.test('interpolate refuses what reads outside', async (t) => {
  t.doesNotThrow(() => interpolateTwo(2));
  t.throws(() => interpolateTwo(3), {
    name: 'RangeError',
    message: /upper: expected indices in 0..2, got 3/,
  });
});

t.test('int8: nearest moves stored values, linear is refused', async (t) => {
  const q = { scale: 0.5, zeroPoint: 3 };
  const spec = { op, inputs: [[1, 2, 1]], inputQuantization: [q], outputQuantization: q };
  const graph = int8GraphOf({ ...spec, attributes: { size: [2, 2], mode: 'nearest' } });
  t.same([...runReference(graph, [Int8Array.of(-7, 9)])[0]], [-7, 9, -7, 9]);
  t.throws(() => int8GraphOf({ ...spec, attributes: { size: [2, 2] } }), {
    message: /mode: expected nearest for int8, got linear/,
  });
});

t.test('what is refused', async (t) => {
  const refused = (attributes: Attributes, message: RegExp): void => {
    t.throws(() => graphOf({ op, inputs: [[2, 2, 1]], attributes }), { name: 'RangeError', message });
  };
  refused({ size: [0, 2] }, /size: expected 2 whole numbers of at least 1, got \[0,2\]/);
  refused({ size: [2, 2], mode: 'cubic' }, /mode: expected linear, nearest, got cubic/);
  refused({ size: [2, 2], coordinates: 'corners' }, /coordinates: expected half_pixel, .*, got corners/);
  refused({ size: [2, 2], rounding: 'up' }, /rounding: expected round_prefer_floor, .*, got up/);
  refused({ size: [2, 2], scale_y: -1 }, /scale_y: expected a number in \[0, Infinity\), got -1/);
});
