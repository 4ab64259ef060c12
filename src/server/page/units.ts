/** Three significant digits with a unit that fits. */
export function milliseconds(ms: number): string {
  if (ms < 0.9995) return `${(ms * 1000).toPrecision(3)} µs`;
  return ms < 999.5 ? `${ms.toPrecision(3)} ms` : `${(ms / 1000).toPrecision(3)} s`;
}

/** Bytes below 10 KB in full, else in KB or MB (powers of ten). */
export function bytes(count: number): string {
  if (count < 10_000) return `${count.toLocaleString('en')} B`;
  if (count < 1e6) return `${(count / 1e3).toFixed(0)} KB`;
  return `${(count / 1e6).toFixed(count < 1e7 ? 2 : 1)} MB`;
}

export function percent(fraction: number, digits: number): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** `12.3x`: how many times `a` is `b`. */
export function times(a: number, b: number): string {
  const ratio = a / b;
  return `${ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(2)}×`;
}

/** A whole number with separators. */
export const count = (value: number): string => value.toLocaleString('en');

/** A share of weights, in the fewest digits that tell: `4 %`, `15 %`, `2.1 %`. */
export function share(fraction: number): string {
  const value = 100 * fraction;
  return `${value >= 9.95 || Number.isInteger(Number(value.toFixed(1))) ? value.toFixed(0) : value.toFixed(1)} %`;
}
