/** add, sub and mul of int8: FORMAT.md "Arithmetic". */
import {
  clampRange,
  requantizeFactor,
  rescaleFactor,
  ROUND_LIMIT,
  store,
  type Activation,
} from './arithmetic.js';
import type { NodeView } from './op.js';
import { quantizationOf } from './values.js';

const { fround } = Math;

/** Two stored values -> the stored result. */
type Int8Function = (a: number, b: number) => number;

export const INT8_ARITHMETIC = {
  add: (view: NodeView, activation: Activation): Int8Function => int8Sum(view, activation, 1),
  sub: (view: NodeView, activation: Activation): Int8Function => int8Sum(view, activation, -1),
  mul: int8Product,
};

function int8Sum({ inputs, outputs }: NodeView, activation: Activation, sign: 1 | -1): Int8Function {
  const [qa, qb] = inputs.map(quantizationOf);
  const q = quantizationOf(outputs[0]);
  const ma = rescaleFactor(qa.scale, q.scale);
  const mb = rescaleFactor(qb.scale, q.scale);
  checkRange('sums', 255 * (ma + mb));
  const [lo, hi] = clampRange(activation, q);
  return (a, b) => {
    const sum = fround(fround((a - qa.zeroPoint) * ma) + sign * fround((b - qb.zeroPoint) * mb));
    return store(sum, q.zeroPoint, lo, hi);
  };
}

function int8Product({ inputs, outputs }: NodeView, activation: Activation): Int8Function {
  const [qa, qb] = inputs.map(quantizationOf);
  const q = quantizationOf(outputs[0]);
  const m = requantizeFactor(qa.scale, qb.scale, q.scale);
  checkRange('products', 255 * 255 * m);
  const [lo, hi] = clampRange(activation, q);
  return (a, b) => store(fround((a - qa.zeroPoint) * (b - qb.zeroPoint) * m), q.zeroPoint, lo, hi);
}

/** `round` is exact below. */
function checkRange(what: string, largest: number): void {
  if (largest < ROUND_LIMIT) return;
  throw new RangeError(`inputs: expected ${what} below 2^22 quanta of the output, got up to ${largest}`);
}
