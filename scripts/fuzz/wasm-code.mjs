// Reading WebAssembly's binary form as far as instrumenting needs: numbers, sections, the lengths of instructions (specification 2.0, chapter 5).

/** A cursor over bytes. */
export class Cursor {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte() {
    return this.bytes[this.at++];
  }

  /** An unsigned LEB128 number; also skips a signed one. */
  u32() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }

  take(count) {
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
}

export function u32(value) {
  const bytes = [];
  do {
    bytes.push((value & 127) | (value > 127 ? 128 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

/** The signed form that constants have. */
export function s32(value) {
  const bytes = [];
  for (; ; value >>= 7) {
    const last = value >= -64 && value < 64;
    bytes.push((value & 127) | (last ? 0 : 128));
    if (last) return bytes;
  }
}

export const sized = (bytes) => [...u32(bytes.length), ...bytes];

/** How many LEB128 numbers (letters n), bytes (b) follow an opcode. */
const IMMEDIATES = new Map([
  ...[0x02, 0x03, 0x04, 0x0c, 0x0d, 0x10, 0xd2].map((op) => [op, 'n']),
  [0x11, 'nn'],
  ...range(0x20, 0x26).map((op) => [op, 'n']),
  ...range(0x28, 0x3e).map((op) => [op, 'nn']),
  ...[0x3f, 0x40, 0xd0].map((op) => [op, 'b']),
  ...[0x41, 0x42].map((op) => [op, 'n']),
  [0x43, 'bbbb'],
  [0x44, 'bbbbbbbb'],
]);
/** After 0xfc: saturating conversions, bulk memory, tables. */
const BULK = new Map([
  ...[8, 10, 12, 14].map((op) => [op, 'nn']),
  ...[9, 11, 13, 15, 16, 17].map((op) => [op, 'n']),
]);
/** After 0xfd: SIMD. */
const SIMD = new Map([
  ...[...range(0, 11), 92, 93].map((op) => [op, 'nn']),
  ...[12, 13].map((op) => [op, 'b'.repeat(16)]),
  ...range(21, 34).map((op) => [op, 'b']),
  ...range(84, 91).map((op) => [op, 'nnb']),
]);

function range(first, last) {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Moves behind one instruction; its opcode. */
export function instruction(cursor) {
  const op = cursor.byte();
  if (op === 0xfc) skip(cursor, BULK.get(cursor.u32()));
  else if (op === 0xfd) skip(cursor, SIMD.get(cursor.u32()));
  else if (op === 0xfe) skip(cursor, cursor.u32() === 3 ? 'b' : 'nn');
  else if (op === 0x0e) for (let count = cursor.u32() + 1; count > 0; count--) cursor.u32();
  else if (op === 0x1c) for (let count = cursor.u32(); count > 0; count--) cursor.byte();
  else skip(cursor, IMMEDIATES.get(op));
  return op;
}

function skip(cursor, immediates = '') {
  for (const kind of immediates) {
    if (kind === 'n') cursor.u32();
    else cursor.byte();
  }
}

/** A module's sections in order: `{ id, bytes }`. */
export function sectionsOf(module) {
  const cursor = new Cursor(module, 8);
  const sections = [];
  while (cursor.at < module.length) {
    const id = cursor.byte();
    sections.push({ id, bytes: cursor.take(cursor.u32()) });
  }
  return sections;
}

/** A section's `count` and then its bytes, which are `items` of which more may follow. */
export function append(section, items) {
  const cursor = new Cursor(section.bytes);
  const count = cursor.u32();
  section.bytes = Uint8Array.from([
    ...u32(count + items.length),
    ...section.bytes.subarray(cursor.at),
    ...items.flat(),
  ]);
  return count;
}
