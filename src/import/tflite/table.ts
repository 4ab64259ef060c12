/** Tables of a flatbuffer, read with care: every offset, length and string is proved to lie in the file. */
import { ByteBuffer } from 'flatbuffers';
import { ImportError } from '../errors.js';
import { hasText } from '../importer.js';

/** The bytes of vectors that may be copied out, by the file's: flatbuffers may share vectors, hostile ones share much. */
const MOST_COPIES = 16;

/** The file behind all its tables. */
interface File {
  name: string;
  buffer: ByteBuffer;
  /** Bytes of vectors that may still be copied. */
  left: number;
}

/**
 * One table; fields are known by their place in the schema, from 0 on. A field that is absent has its default.
 * Wire format: google/flatbuffers docs/source/internals.md. Table at `t`: i32 distance back to its vtable; vtable: u16 bytes of the
 * vtable, u16 bytes of the table, then a u16 offset from `t` for each field, 0 where absent.
 */
export class FlatTable {
  readonly #file: File;
  readonly #at: number;
  readonly #vtable: number;
  readonly #vtableSize: number;
  /** Where it stands, for messages: `subgraphs[0].operators[3]`. */
  readonly path: string;

  private constructor(file: File, at: number, path: string) {
    this.#file = file;
    this.#at = at;
    this.path = path;
    this.#check(at, 4, 'a table');
    this.#vtable = at - file.buffer.readInt32(at);
    this.#check(this.#vtable, 4, 'a vtable');
    this.#vtableSize = file.buffer.readUint16(this.#vtable);
    this.#check(this.#vtable, Math.max(4, this.#vtableSize), 'a vtable');
  }

  /**
   * The root table.
   * @param identifier the four characters that say which format it is
   */
  static root(bytes: Uint8Array, identifier: string, name: string): FlatTable {
    const file = { name, buffer: new ByteBuffer(bytes), left: MOST_COPIES * bytes.length };
    if (bytes.length < 8 || !hasText(bytes, identifier, 4))
      throw new ImportError('format', `${name}: expected '${identifier}' at byte 4, got another identifier`);
    return new FlatTable(file, file.buffer.readUint32(0), '');
  }

  get fileName(): string {
    return this.#file.name;
  }

  /** The file's own bytes from `offset` on, for buffers that lie outside the flatbuffer. */
  outside(offset: number, size: number): Uint8Array {
    this.#check(offset, size, 'a buffer outside the tables');
    return this.#file.buffer.bytes().subarray(offset, offset + size);
  }

  int8(field: number, fallback = 0): number {
    const at = this.#field(field, 1);
    return at === 0 ? fallback : this.#file.buffer.readInt8(at);
  }

  uint8(field: number, fallback = 0): number {
    const at = this.#field(field, 1);
    return at === 0 ? fallback : this.#file.buffer.readUint8(at);
  }

  bool(field: number, fallback = false): boolean {
    return this.int8(field, fallback ? 1 : 0) !== 0;
  }

  int32(field: number, fallback = 0): number {
    const at = this.#field(field, 4);
    return at === 0 ? fallback : this.#file.buffer.readInt32(at);
  }

  uint32(field: number, fallback = 0): number {
    return this.int32(field, fallback) >>> 0;
  }

  float32(field: number, fallback = 0): number {
    const at = this.#field(field, 4);
    return at === 0 ? fallback : this.#file.buffer.readFloat32(at);
  }

  /** A u64; one beyond 2^53 is no place in any file. */
  uint64(field: number): number {
    const at = this.#field(field, 8);
    return at === 0 ? 0 : Number(this.#file.buffer.readUint64(at));
  }

  string(field: number, what: string): string {
    const bytes = this.bytes(field, what);
    this.#spend(bytes?.length ?? 0, what);
    return bytes ? new TextDecoder().decode(bytes) : '';
  }

  table(field: number, what: string): FlatTable | undefined {
    const at = this.#field(field, 4);
    return at === 0 ? undefined : new FlatTable(this.#file, this.#target(at), this.#under(what));
  }

  tables(field: number, what: string): FlatTable[] {
    const { at, length } = this.#vector(field, 4, what);
    this.#spend(4 * length, what);
    return Array.from({ length }, (_, i) => {
      const entry = at + 4 * i;
      return new FlatTable(this.#file, this.#target(entry), `${this.#under(what)}[${i}]`);
    });
  }

  /** A vector of bytes, as it lies in the file; undefined where absent. */
  bytes(field: number, what: string): Uint8Array | undefined {
    const { at, length } = this.#vector(field, 1, what);
    return at === 0 ? undefined : this.#file.buffer.bytes().subarray(at, at + length);
  }

  int32s(field: number, what: string): number[] {
    return this.#numbers(field, what, 4, (at) => this.#file.buffer.readInt32(at));
  }

  uint16s(field: number, what: string): number[] {
    return this.#numbers(field, what, 2, (at) => this.#file.buffer.readUint16(at));
  }

  int64s(field: number, what: string): number[] {
    return this.#numbers(field, what, 8, (at) => Number(this.#file.buffer.readInt64(at)));
  }

  float32s(field: number, what: string): number[] {
    return this.#numbers(field, what, 4, (at) => this.#file.buffer.readFloat32(at));
  }

  #numbers(field: number, what: string, size: number, read: (at: number) => number): number[] {
    const { at, length } = this.#vector(field, size, what);
    this.#spend(size * length, what);
    return Array.from({ length }, (_, i) => read(at + size * i));
  }

  /** Where a field's value lies; 0 where it is absent. */
  #field(field: number, size: number): number {
    const entry = 4 + 2 * field;
    if (entry + 2 > this.#vtableSize) return 0;
    const offset = this.#file.buffer.readUint16(this.#vtable + entry);
    if (offset === 0) return 0;
    this.#check(this.#at + offset, size, `field ${field}`);
    return this.#at + offset;
  }

  #target(at: number): number {
    return at + this.#file.buffer.readUint32(at);
  }

  #vector(field: number, size: number, what: string): { at: number; length: number } {
    const entry = this.#field(field, 4);
    if (entry === 0) return { at: 0, length: 0 };
    const at = this.#target(entry);
    this.#check(at, 4, what);
    const length = this.#file.buffer.readUint32(at);
    this.#check(at + 4, length * size, what);
    return { at: at + 4, length };
  }

  #check(at: number, size: number, what: string): void {
    const { length } = this.#file.buffer.bytes();
    if (at >= 0 && at + size <= length) return;
    throw this.error(`expected ${what} within the file's ${length} bytes, got bytes ${at} to ${at + size}`);
  }

  #spend(bytes: number, what: string): void {
    this.#file.left -= bytes;
    if (this.#file.left < 0)
      throw this.error(`${what}: expected vectors of their own, got ever the same bytes again`);
  }

  /** An error that names the table's place. */
  error(message: string): ImportError {
    const place = this.path === '' ? '' : ` ${this.path}:`;
    return new ImportError('format', `${this.#file.name}:${place} ${message}`);
  }

  #under(what: string): string {
    return this.path === '' ? what : `${this.path}.${what}`;
  }
}
