/** Random weights of every block, density and kind of value, so that each encoding is now and then the smallest. */
import { elements, type Weight } from '../../src/graph/graph.js';
import type { Random } from '../helpers/random.js';

export const BLOCKS: [number, number][] = [
  [1, 1],
  [1, 2],
  [2, 2],
  [4, 2],
  [2, 4],
  [1, 4],
  [3, 5],
  [8, 1],
  [255, 3],
];

type Draw = () => number;

const { fround } = Math;

/** Plain, range coded, nibbles, codebook. */
function int8Kind(r: Random): Draw {
  const kind = r.int(0, 3);
  if (kind === 0) return () => r.int(-127, 127);
  if (kind === 1) return () => Math.max(-127, Math.min(127, Math.round(r.normal() * 9)));
  if (kind === 2) return () => r.int(-8, 7);
  return (
    (some) => () =>
      r.pick(some)
  )([r.int(-128, 127), r.int(-128, 127), 17]);
}

/** Plain, f16, codebook. */
function floatKind(r: Random): Draw {
  const kind = r.int(0, 2);
  if (kind === 0) return () => fround(r.normal() / 2);
  if (kind === 1) return () => r.int(-1024, 1024) / 1024;
  return (
    (some) => () =>
      r.pick(some)
  )([fround(r.normal()), fround(r.normal()), 0.1, 0].map(fround));
}

/** Plain, i16, codebook. */
function int32Kind(r: Random): Draw {
  const kind = r.int(0, 2);
  if (kind === 0) return () => r.int(-90000, 90000);
  if (kind === 1) return () => r.int(-900, 900);
  return () => r.pick([70000, -70000, 0]);
}

/** Positive: the scales of a kernel's outputs, among them 0. */
function scaleKind(r: Random): Draw {
  const kind = r.int(0, 3);
  if (kind === 0) return () => r.int(0, 900) / 65536;
  if (kind === 1) return () => r.pick([0.01, 0.02]);
  return () => 0.001 + 0.01 * r.next();
}

const KINDS = { i8: int8Kind, f32: floatKind, i32: int32Kind };
const ARRAYS = { i8: Int8Array, f32: Float32Array, i32: Int32Array };

/** A weight without name: its first use names it. */
export function weightOf(
  shape: number[],
  dtype: Weight['dtype'],
  value: Draw,
  block: Weight['block'] = [1, 1],
): Weight {
  const data = new ARRAYS[dtype](elements(shape));
  for (let i = 0; i < data.length; i++) data[i] = value();
  return { name: '', shape, dtype, data, block };
}

export function plainWeight(shape: number[], dtype: Weight['dtype'], r: Random): Weight {
  return weightOf(shape, dtype, KINDS[dtype](r));
}

export function scales(count: number, r: Random): Weight {
  return weightOf([count], 'f32', scaleKind(r));
}

/** Whole blocks are there or not, each by chance. */
export function sparseWeight(shape: number[], dtype: 'i8' | 'f32', r: Random): Weight {
  const block = r.pick(BLOCKS);
  const density = r.pick([0, 0.03, 0.1, 0.3, 0.6, 0.9, 1]);
  const weight = weightOf(shape, dtype, KINDS[dtype](r), block);
  const kept = new Map<string, boolean>();
  const inputs = shape[shape.length - 1];
  const row = weight.data.length / shape[0];
  for (let i = 0; i < weight.data.length; i++) {
    const tap = Math.floor((i % row) / inputs);
    const key = [Math.floor(i / row / block[0]), tap, Math.floor((i % inputs) / block[1])].join();
    if (!kept.has(key)) kept.set(key, r.next() < density);
    if (!kept.get(key)) weight.data[i] = 0;
  }
  return weight;
}
