/** Seeded numbers in [0, 1): mulberry32. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

/** One of `table`, whose rows have a `share`; shares need not add up to anything. */
export function pick(table, draw) {
  let at = draw * table.reduce((sum, { share }) => sum + share, 0);
  return table.find(({ share }) => (at -= share) < 0) ?? table.at(-1);
}
