import type { Random } from '../../helpers/random.js';
import { mutateBytes } from './bytes.js';
import type { Mutator, Pool } from './mutate.js';

/** A field of a protocol buffer, known by its bytes alone: one of length is a message where its bytes read as one. */
interface Field {
  number: number;
  wire: number;
  /** Of a varint or fixed number its bytes. */
  bytes: Uint8Array;
  fields?: Field[];
}

const VARINT = 0;
const LENGTH = 2;
const DEEPEST = 8;
const AS_BYTES = 0.1;

/** One to four fields changed, all lengths around them right; as bytes where the file is no message. */
export const mutateProto: Mutator = (file, r, pool) => {
  const message = r.next() < AS_BYTES ? undefined : parse(file);
  if (!message || message.length === 0) return mutateBytes(file, r, pool);
  for (let count = r.pick([1, 1, 1, 2, 3, 4]); count > 0; count--) change(message, r, pool);
  return Uint8Array.from(encode(message));
};

function parse(bytes: Uint8Array, depth = 0): Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length;) {
    const [tag, start] = varint(bytes, at);
    const wire = tag & 7;
    const [length, from] = wire === LENGTH ? varint(bytes, start) : [widthOf(bytes, start, wire), start];
    if (!(tag >= 8 && from + length <= bytes.length) || length < 0) return undefined;
    const content = bytes.slice(from, from + length);
    const inner = wire === LENGTH && length > 1 && depth < DEEPEST ? parse(content, depth + 1) : undefined;
    fields.push({ number: tag >>> 3, wire, bytes: content, ...(inner && { fields: inner }) });
    at = from + length;
  }
  return fields;
}

/** Value and the place behind it; NaN where the bytes end. */
function varint(bytes: Uint8Array, at: number): [number, number] {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    value += (bytes[at + i] & 127) * 128 ** i;
    if (bytes[at + i] < 128) return [value, at + i + 1];
  }
  return [NaN, at];
}

function widthOf(bytes: Uint8Array, at: number, wire: number): number {
  if (wire === 5) return 4;
  if (wire === 1) return 8;
  if (wire !== VARINT) return -1;
  const length = bytes.subarray(at, at + 10).findIndex((byte) => byte < 128) + 1;
  return length === 0 ? -1 : length;
}

function encode(fields: readonly Field[]): number[] {
  return fields.flatMap(({ number, wire, bytes, fields: inner }) => {
    const content = inner ? encode(inner) : [...bytes];
    return [
      ...encodeVarint(number * 8 + wire),
      ...(wire === LENGTH ? encodeVarint(content.length) : []),
      ...content,
    ];
  });
}

function encodeVarint(value: number): number[] {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

/** The messages in a message, itself too. */
function messagesOf(message: Field[], all: Field[][] = []): Field[][] {
  all.push(message);
  for (const { fields } of message) if (fields) messagesOf(fields, all);
  return all;
}

function change(message: Field[], r: Random, pool: Pool): void {
  const filled = messagesOf(message).filter((fields) => fields.length > 0);
  if (filled.length === 0) return;
  const inside = r.pick(filled);
  const at = r.int(0, inside.length - 1);
  const kind = r.next();
  if (kind < 0.5) changeValue(inside[at], r, pool);
  else if (kind < 0.65) inside[at] = structuredClone(r.pick(r.pick(filled)));
  else if (kind < 0.8) inside[at] = foreign(inside[at], r, pool);
  else if (kind < 0.9) inside.splice(at, 0, structuredClone(inside[at]));
  else inside.splice(at, 1);
}

const VARINTS = [0, 1, 2, 3, 4, 7, 8, 16, 127, 128, 255, 2 ** 31 - 1, 2 ** 31];
const MINUS_ONE = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1];

function changeValue(field: Field, r: Random, pool: Pool): void {
  if (field.wire === VARINT) {
    const near = varint(field.bytes, 0)[0] + r.pick([-1, 1]);
    const value = r.next() < 0.4 && near >= 0 ? near : r.pick(VARINTS);
    field.bytes = Uint8Array.from(r.next() < 0.1 ? MINUS_ONE : encodeVarint(value));
  } else if (field.fields && r.next() < 0.8) {
    const message = field.fields;
    if (message.length > 0) changeValue(r.pick(message), r, pool);
  } else {
    delete field.fields;
    const isWord = field.wire === LENGTH && pool.words.length > 0 && r.next() < 0.3;
    field.bytes = isWord
      ? new TextEncoder().encode(r.pick(pool.words))
      : sameWidth(field, mutateBytes(field.bytes, r, pool));
  }
}

/** Fixed numbers keep their width. */
function sameWidth({ wire, bytes }: Field, changed: Uint8Array): Uint8Array {
  if (wire === LENGTH) return changed;
  const kept = bytes.slice();
  kept.set(changed.subarray(0, kept.length));
  return kept;
}

/** A field of the same number from another file. */
function foreign(field: Field, r: Random, pool: Pool): Field {
  const other = parse(pool.pick(r));
  if (!other) return field;
  const same = messagesOf(other).flatMap((fields) =>
    fields.filter(({ number, wire }) => number === field.number && wire === field.wire),
  );
  return same.length > 0 ? structuredClone(r.pick(same)) : field;
}
