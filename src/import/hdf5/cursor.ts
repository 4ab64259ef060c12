/** Reads the numbers and texts of an HDF5 file in order; whatever leads outside of the file is an ImportError that names the byte. */
import { ImportError } from '../errors.js';

/** An address that leads nowhere. */
export const UNDEFINED = -1;

export class Cursor {
  private readonly view: DataView;

  /**
   * @param bytes of the whole file: addresses count from its start
   * @param end first byte that is not to be read
   */
  constructor(
    readonly bytes: Uint8Array,
    readonly file: string,
    public at = 0,
    readonly end = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!(at >= 0 && at <= end && end <= bytes.length)) {
      throw this.wrong(`a place in ${bytes.length} bytes`, `${at} to ${end}`);
    }
  }

  /** Another cursor on the same file, for `length` bytes (default: to the file's end). */
  from(at: number, length?: number): Cursor {
    return new Cursor(this.bytes, this.file, at, length === undefined ? this.bytes.length : at + length);
  }

  /** Another cursor, `offset` bytes on, with the same end. */
  within(offset: number): Cursor {
    return new Cursor(this.bytes, this.file, this.at + offset, this.end);
  }

  u8(): number {
    return this.view.getUint8(this.skip(1));
  }

  u16(): number {
    return this.view.getUint16(this.skip(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  /** A length: a whole number below 2^53. */
  u64(): number {
    const value = this.view.getBigUint64(this.skip(8), true);
    if (value <= Number.MAX_SAFE_INTEGER) return Number(value);
    throw this.wrong('a number below 2^53', `${value}`, -8);
  }

  /** An address in the file, or UNDEFINED. */
  address(): number {
    const value = this.view.getBigUint64(this.skip(8), true);
    if (value === 2n ** 64n - 1n) return UNDEFINED;
    if (value < this.bytes.length) return Number(value);
    throw this.wrong(`an address below ${this.bytes.length}`, `${value}`, -8);
  }

  /** A number of 1, 2, 4 or 8 bytes. */
  uint(size: number): number {
    if (size === 1) return this.u8();
    if (size === 2) return this.u16();
    return size === 4 ? this.u32() : this.u64();
  }

  take(length: number): Uint8Array {
    const at = this.skip(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Text of so many bytes, up to the first zero. */
  text(length: number): string {
    const bytes = this.take(length);
    const zero = bytes.indexOf(0);
    return new TextDecoder().decode(zero < 0 ? bytes : bytes.subarray(0, zero));
  }

  /** Text up to the next zero. */
  zeroEnded(): string {
    const zero = this.bytes.indexOf(0, this.at);
    if (zero < 0 || zero >= this.end) throw this.wrong('a text that ends in zero', 'none');
    return new TextDecoder().decode(this.take(zero - this.at));
  }

  /** Goes on by `length` bytes; gives where it was. */
  skip(length: number): number {
    const { at } = this;
    if (at + length > this.end) throw this.wrong(`${length} more bytes`, `${this.end - at}`);
    this.at += length;
    return at;
  }

  /** To the next multiple of 8, counted from `start`. */
  align(start: number): void {
    this.at += (8 - ((this.at - start) % 8)) % 8;
  }

  expectSignature(signature: string): void {
    const got = String.fromCharCode(...this.take(signature.length));
    if (got !== signature) throw this.wrong(`'${signature}'`, JSON.stringify(got), -signature.length);
  }

  /** @param offset from here to where the wrong bytes begin */
  wrong(expected: string, got: string, offset = 0): ImportError {
    return new ImportError(
      'file',
      `${this.file}: byte ${this.at + offset}: expected ${expected}, got ${got}`,
    );
  }
}
