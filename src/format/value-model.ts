import { Adaptive } from './adaptive.js';
import type { BitCoder } from './range-coder.js';

const LIMIT = 255;
/** Probabilities stay this far (in 65536ths) from 0 and 1, so that a byte stands for at most 1,416 binary decisions. */
const LEAST = 256;

/** Bits of a value's tree that are modelled: 1 sign, 33 lengths, 32 x 16 nodes for the bits after the first. */
const CONTEXTS = { sign: 0, length: 1, mantissa: 34 } as const;
const MODELLED_BITS = 4;
const EVEN = 32768;

/** An adaptive probability and a coder, for one bit after the other. */
class ContextCoder {
  readonly #probabilities: Adaptive;

  constructor(
    readonly coder: BitCoder,
    contexts: number,
  ) {
    this.#probabilities = new Adaptive(contexts, LIMIT);
  }

  code(context: number, bit: number): number {
    const p1 = Math.max(LEAST, Math.min(65536 - LEAST, this.#probabilities.p1(context)));
    const coded = this.coder.code(p1, bit);
    this.#probabilities.update(context, coded);
    return coded;
  }
}

/**
 * Codes symbols of `bits` bits as paths through binary trees, `sets` trees in turn (bytes of one number have unlike
 * statistics). Decoding fills `symbols`.
 */
export function codeSymbols(coder: BitCoder, symbols: Uint8Array, bits: number, sets: number): void {
  const contexts = new ContextCoder(coder, sets << bits);
  for (let i = 0; i < symbols.length && !coder.overrun; i++) {
    const tree = (i % sets) << bits;
    let node = 1;
    for (let bit = bits - 1; bit >= 0; bit--) {
      node = (node << 1) | contexts.code(tree + node, (symbols[i] >> bit) & 1);
    }
    symbols[i] = node & ((1 << bits) - 1);
  }
}

/**
 * Codes signed integers of at most `width` bits (8 or 32): the bit length of the magnitude in unary, its bits after the
 * first (the next four modelled, the others even), then the sign. Weights are symmetric about 0, so a magnitude's
 * statistics serve both signs. Decoding fills `values`; false where a magnitude does not fit.
 */
export function codeIntegers(coder: BitCoder, values: Int8Array | Int32Array, width: number): boolean {
  const contexts = new ContextCoder(coder, CONTEXTS.mantissa + 32 * 16);
  const most = 2 ** (width - 1);
  for (let i = 0; i < values.length && !coder.overrun; i++) {
    const magnitude = codeMagnitude(contexts, Math.abs(values[i]), width);
    const negative = magnitude > 0 ? contexts.code(CONTEXTS.sign, values[i] < 0 ? 1 : 0) : 0;
    if (magnitude > most - 1 + negative) return false;
    values[i] = negative ? -magnitude : magnitude;
  }
  return true;
}

function codeMagnitude(contexts: ContextCoder, magnitude: number, width: number): number {
  const wanted = 32 - Math.clz32(magnitude);
  let length = 0;
  while (length < width && contexts.code(CONTEXTS.length + length, length < wanted ? 1 : 0)) length++;
  if (length === 0) return 0;
  let value = 1;
  const tree = CONTEXTS.mantissa + 16 * (length - 1);
  for (let bit = length - 2, node = 1; bit >= 0; bit--) {
    const given = (magnitude >>> bit) & 1;
    const modelled = length - 2 - bit < MODELLED_BITS;
    const coded = modelled ? contexts.code(tree + node, given) : contexts.coder.code(EVEN, given);
    node = (node << 1) | coded;
    value = value * 2 + coded;
  }
  return value;
}
