/** Bits of one outcome of probability `p` against its complement: `-p log2 p - (1 - p) log2 (1 - p)`. */
export function binaryEntropy(p: number): number {
  return p <= 0 || p >= 1 ? 0 : -p * Math.log2(p) - (1 - p) * Math.log2(1 - p);
}

/** Zero-order entropy: bits that all of `values` take at `-log2` of each one's share, without the table of shares. */
export function zeroOrderBits(values: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < values.length; i++) counts.set(values[i], (counts.get(values[i]) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / values.length);
  return bits;
}
