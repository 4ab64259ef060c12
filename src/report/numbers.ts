/** Numbers as people read them, on the command line and on the page. */

export const percent = (fraction: number, digits = 2): string => `${(100 * fraction).toFixed(digits)} %`;

export const count = (value: number): string => value.toLocaleString('en');

/** Bytes below 100 KB in full, else in KB or MB (powers of ten). */
export function bytes(value: number): string {
  if (value < 100_000) return `${count(value)} B`;
  return value < 1e6 ? `${(value / 1e3).toFixed(0)} KB` : `${(value / 1e6).toFixed(2)} MB`;
}

/** Three significant digits with k, M or G: 266k, 1.25M. */
export function short(value: number): string {
  const [divisor, unit] =
    value < 1e3 ? [1, ''] : value < 1e6 ? [1e3, 'k'] : value < 1e9 ? [1e6, 'M'] : [1e9, 'G'];
  return `${Number((value / divisor).toPrecision(3))}${unit}`;
}

/** Three significant digits, in µs, ms or s. */
export function duration(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toPrecision(3)} µs`;
  return ms < 1000 ? `${ms.toPrecision(3)} ms` : `${(ms / 1000).toPrecision(3)} s`;
}
