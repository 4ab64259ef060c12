// Whether a figure stays where it is over a long run.

/** The first samples are warm-up: code is compiled, pools fill. */
const WARM_UP = 0.1;
/** By how much the lowest of the last third may be over that of the first: 10 %, and what an allocator rounds by. */
const GROWTH = 1.1;
const MB = 2 ** 20;

/** The least of each third: garbage collection makes a sawtooth, and what stays is at its feet. */
export function thirds(values) {
  const settled = values.slice(Math.floor(values.length * WARM_UP));
  const size = Math.ceil(settled.length / 3);
  const [first, middle, last] = [0, 1, 2].map((i) => Math.min(...settled.slice(i * size, (i + 1) * size)));
  return { first, middle, last, most: Math.max(...values) };
}

const isFlat = ({ first, last }, slack) => last <= first * GROWTH + slack;

/**
 * Sums samples up, figure by figure: `..._bytes` in MB, others as they are.
 * @returns the figures, and the names of those that grew
 */
export function summarize(samples) {
  const names = Object.keys(samples[0]);
  const all = names.map((name) => [name, thirds(samples.map((sample) => sample[name]))]);
  const isBytes = (name) => name.endsWith('_bytes');
  const grew = all.filter(([name, each]) => !isFlat(each, isBytes(name) ? 2 * MB : 1)).map(([name]) => name);
  const shown = all.map(([name, each]) => {
    const entries = Object.entries(each).map(([at, value]) => [
      at,
      isBytes(name) ? Math.round((10 * value) / MB) / 10 : value,
    ]);
    return [isBytes(name) ? name.replace(/_bytes$/, '_mb') : name, Object.fromEntries(entries)];
  });
  return { figures: Object.fromEntries(shown), grew };
}
