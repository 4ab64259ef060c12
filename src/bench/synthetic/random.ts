/** Seeded random numbers: the same on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Standard normal (Box-Muller), but never within 1/16 of 0: no weight is to become 0 when it is quantized. */
  normal(): number;
}

const LEAST = 1 / 16;

/** mulberry32, one stream for each `seed` and `stream`. */
export function createRandom(seed: number, stream = 0): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
  const normal = (): number => {
    for (;;) {
      const value = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      if (Math.abs(value) >= LEAST) return value;
    }
  };
  return { next, normal };
}

/** Values for a network's input, uniform in [-1, 1): an image as MobileNet's preprocessing gives it. */
export function randomInput(length: number, seed: number): Float32Array {
  const { next } = createRandom(seed, -1);
  return Float32Array.from({ length }, () => 2 * next() - 1);
}

/** `count` of the numbers below `of`, all equally likely (a Fisher-Yates shuffle cut short), as a mask of ones. */
export function chooseMask(of: number, count: number, random: Random): Uint8Array {
  const mask = new Uint8Array(of);
  const order = Uint32Array.from(mask.keys());
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random.next() * (of - i));
    [order[i], order[j]] = [order[j], order[i]];
    mask[order[i]] = 1;
  }
  return mask;
}
