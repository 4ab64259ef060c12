/** Bits of one outcome of probability `p` against its complement: `-p log2 p - (1 - p) log2 (1 - p)`. */
export function binaryEntropy(p: number): number {
  return p <= 0 || p >= 1 ? 0 : -p * Math.log2(p) - (1 - p) * Math.log2(1 - p);
}

/** Zero-order entropy: bits that all of `values` take at `-log2` of each one's share, without the table of shares. */
export function zeroOrderBits(values: ArrayLike<number>): number {
  return entropyBits(values, sharesOf(values));
}

/**
 * Bits of values that are `width` bits wide. Of bytes the zero-order entropy: 256 shares are few beside them. Of wider ones a decoder
 * also has to hear each value that there is: a thousand different f32 are not told in `log2 1000` bits each. At most `width` each.
 */
export function valueBits(values: ArrayLike<number>, width: number): number {
  const counts = sharesOf(values);
  const bits = entropyBits(values, counts);
  return width <= 8 ? bits : Math.min(bits + width * counts.size, width * values.length);
}

function sharesOf(values: ArrayLike<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < values.length; i++) counts.set(values[i], (counts.get(values[i]) ?? 0) + 1);
  return counts;
}

function entropyBits(values: ArrayLike<number>, counts: ReadonlyMap<number, number>): number {
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / values.length);
  return bits;
}
