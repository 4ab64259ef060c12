/** Random numbers of the kinds that find faults: bells, edges, ties, whole numbers, all alike. */
import { elements, type Tensor } from '../../src/graph/graph.js';
import type { Values } from '../../src/ops/op.js';
import type { Random } from '../helpers/random.js';

type Draw = () => number;

const { fround } = Math;

/** Zeros of both signs, halves, edges of exp and of int8, the least and the greatest there are. */
const EDGES = [
  0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, -3, 6, 88.5, -87, -104, 1e-20, -1e-30, 1e-40, 8388607.5,
  -16777216, 1e20, -1e30, 3e38, -3.4028234663852886e38,
].map(fround);

/** One distribution of f32. Those that leave +-100 are rare: what is beyond many operators cannot read. */
function floatKind(r: Random): Draw {
  const kind = r.int(0, 15);
  if (kind === 0) return () => r.pick(EDGES);
  if (kind === 1) return () => (r.next() < 0.2 ? r.pick(EDGES.slice(0, 12)) : r.normal());
  if (kind <= 3) return () => r.int(-4, 4);
  if (kind === 4) return () => r.int(-20, 20) / 2;
  if (kind === 5)
    return (
      (x) => () =>
        x
    )(r.pick([0, 1, -2.5, 0.1]));
  if (kind === 6) return () => r.normal() * 30;
  if (kind === 7) return () => r.normal() * 2 ** -20;
  if (kind <= 9) return () => Math.abs(r.normal());
  return () => r.normal();
}

function int8Kind(r: Random, zeroPoint: number): Draw {
  const kind = r.int(0, 7);
  if (kind === 0) return () => r.pick([-128, 127, zeroPoint]);
  if (kind === 1) return () => zeroPoint;
  if (kind === 2) return () => Math.max(-128, Math.min(127, zeroPoint + r.int(-2, 2)));
  return () => r.int(-128, 127);
}

/** Values of a tensor, one distribution for all. */
export function randomValues({ shape, dtype, quantization }: Tensor, r: Random): Values {
  const length = elements(shape);
  if (dtype === 'i8') return Int8Array.from({ length }, int8Kind(r, quantization!.zeroPoint));
  return Float32Array.from({ length }, floatKind(r));
}

/** Indices into an axis: from either end, between two, and beyond. */
export function indexKind(r: Random, length: number): Draw {
  const kind = r.int(0, 3);
  if (kind === 0) return () => r.int(-length - 2, length + 1);
  if (kind === 1) return () => fround((r.next() * 2 - 1) * length);
  return () => r.int(0, length - 1);
}
