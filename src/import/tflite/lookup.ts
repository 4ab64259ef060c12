/** Operators of one value in int8: a table of 256 results. */
import type { Node, Quantization } from '../../graph/index.js';
import { unary, unaryFunction } from '../../ops/unary.js';

const UNARY = new Set(['relu', 'relu6', ...unary.map(({ name }) => name)]);

export function isUnary(op: string): boolean {
  return UNARY.has(op);
}

/**
 * For each stored value from -128 on, what `node` makes of it; no node: a change of scale. Halves are rounded up, as XNNPACK and
 * TFLite's single rounding do.
 */
export function lookupTable(node: Node | undefined, from: Quantization, to: Quantization): Int8Array {
  const f = node ? functionOf(node) : (x: number) => x;
  return Int8Array.from({ length: 256 }, (_, i) => {
    const stored = Math.round(f(from.scale * (i - 128 - from.zeroPoint)) / to.scale) + to.zeroPoint;
    return Number.isNaN(stored) ? to.zeroPoint : Math.min(127, Math.max(-128, stored));
  });
}

function functionOf({ op, attributes }: Node): (x: number) => number {
  if (op === 'relu') return (x) => Math.max(0, x);
  if (op === 'relu6') return (x) => Math.min(6, Math.max(0, x));
  return unaryFunction(op, attributes);
}
