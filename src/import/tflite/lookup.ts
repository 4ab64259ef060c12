/** Operators of one value in int8: a table of 256 results. */
import type { Node, Quantization, Tensor } from '../../graph/index.js';
import { attributesOf } from '../../ops/check.js';
import { getOp } from '../../ops/table.js';

/** "by lookup" in docs/operators.md, and the clamps. */
const UNARY = new Set(
  `relu relu6 leaky_relu elu hard_sigmoid clip gelu swish selu sigmoid tanh hard_swish softplus softsign mish abs neg exp
   log sqrt rsqrt reciprocal square sin cos erf floor ceil round trunc sign logical_not`.split(/\s+/),
);

export function isUnary(op: string): boolean {
  return UNARY.has(op);
}

/**
 * For each stored value from -128 on, what `node` makes of it; no node: a change of scale. FORMAT.md "Arithmetic", lookup.
 */
export function lookupTable(node: Node | undefined, from: Quantization, to: Quantization): Int8Array {
  const real = Float32Array.from({ length: 256 }, (_, i) => from.scale * (i - 128 - from.zeroPoint));
  const result = node ? resultsOf(node, real) : real;
  return Int8Array.from(result, (value) => {
    const stored = roundHalfEven(value / to.scale) + to.zeroPoint;
    return Number.isNaN(stored) ? to.zeroPoint : Math.min(127, Math.max(-128, stored));
  });
}

function resultsOf(node: Node, x: Float32Array): Float32Array {
  const tensor: Tensor = { name: 'x', shape: [256], dtype: 'f32' };
  const view = { node, inputs: [tensor], outputs: [tensor], attributes: attributesOf(node), weights: {} };
  return getOp(node.op).reference!(view, [x], {}) as Float32Array;
}

function roundHalfEven(x: number): number {
  const whole = Math.round(x);
  return whole - x === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
}
