/** Three significant digits with a unit that fits. */
export function milliseconds(ms: number): string {
  return ms < 1 ? `${(ms * 1000).toPrecision(3)} µs` : `${ms.toPrecision(3)} ms`;
}

/** Bytes below 10 KB in full, else in KB or MB (powers of ten). */
export function bytes(count: number): string {
  if (count < 10_000) return `${count.toLocaleString('en')} B`;
  return count < 1e6 ? `${(count / 1e3).toFixed(0)} KB` : `${(count / 1e6).toFixed(2)} MB`;
}

export function percent(fraction: number, digits: number): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** `12.3x`: how many times `a` is `b`. */
export function times(a: number, b: number): string {
  const ratio = a / b;
  return `${ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(2)}×`;
}
