import { refuse } from './error.js';

/**
 * A binary range coder without carries (the coder of lpaq, M. Mahoney 2007): the interval [low, high] of 32-bit numbers
 * is split in proportion to the probability of a 1; bytes on which both ends agree are written. FORMAT.md, "Range coding".
 *
 * Encoder and decoder have one method of one shape, so that each model of the data is written once and run by both.
 */
export interface BitCoder {
  /**
   * Codes one bit: the encoder writes `bit` and returns it, the decoder ignores it and returns the bit it reads.
   * `p1` is the probability of a 1 in 65536ths, 1..65535.
   */
  code(p1: number, bit: number): number;
  /** True once more bytes were read than there are: the bits that follow mean nothing. */
  readonly overrun: boolean;
}

/** Where the interval splits: 1 below and at the split, 0 above. Exact in doubles: both products are below 2^32. */
function split(low: number, high: number, p1: number): number {
  const range = high - low;
  return low + (range >>> 16) * p1 + (((range & 0xffff) * p1) >>> 16);
}

export class RangeEncoder implements BitCoder {
  readonly overrun = false;
  #low = 0;
  #high = 0xffffffff;
  #bytes = new Uint8Array(64);
  #length = 0;

  code(p1: number, bit: number): number {
    const middle = split(this.#low, this.#high, p1);
    if (bit) this.#high = middle;
    else this.#low = middle + 1;
    while ((this.#low ^ this.#high) >>> 24 === 0) {
      this.#push(this.#high >>> 24);
      this.#low = (this.#low << 8) >>> 0;
      this.#high = ((this.#high << 8) | 0xff) >>> 0;
    }
    return bit;
  }

  /** At most one byte more: with zeros after it, it lies in the last interval. None where that holds already. */
  finish(): Uint8Array {
    if (this.#low !== 0) this.#push((this.#low >>> 24) + 1);
    return this.#bytes.slice(0, this.#length);
  }

  #push(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#length);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.#length++] = byte;
  }
}

export class RangeDecoder implements BitCoder {
  #low = 0;
  #high = 0xffffffff;
  #code = 0;
  /** Bytes read, with those past the end, which are zero. */
  #read = 0;

  constructor(readonly bytes: Uint8Array) {
    for (let i = 0; i < 4; i++) this.#next();
  }

  get overrun(): boolean {
    return this.#read - 4 > this.bytes.length;
  }

  /** Refuses a stream that is not exactly as long as an encoder of the decoded bits makes it. */
  end(code: 'positions' | 'values', what: string): void {
    const expected = this.#read - 4 + (this.#low !== 0 ? 1 : 0);
    if (expected !== this.bytes.length) {
      refuse(
        code,
        `${what}: range coded ${code}`,
        `${expected}${this.overrun ? ' or more' : ''} bytes`,
        this.bytes.length,
      );
    }
  }

  code(p1: number): number {
    const middle = split(this.#low, this.#high, p1);
    const bit = this.#code <= middle ? 1 : 0;
    if (bit) this.#high = middle;
    else this.#low = middle + 1;
    while ((this.#low ^ this.#high) >>> 24 === 0) {
      this.#low = (this.#low << 8) >>> 0;
      this.#high = ((this.#high << 8) | 0xff) >>> 0;
      this.#next();
    }
    return bit;
  }

  #next(): void {
    const byte = this.#read < this.bytes.length ? this.bytes[this.#read] : 0;
    this.#code = ((this.#code << 8) | byte) >>> 0;
    this.#read++;
  }
}
