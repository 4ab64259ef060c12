import { ByteReader } from './bytes.js';
import { MAX_ITEMS } from './layout.js';
import { LopError, refuse } from './error.js';

export function readStrings(bytes: Uint8Array): string[] {
  const reader = new ByteReader(bytes, 'section strings');
  const strings: string[] = [];
  for (let count = reader.u16(); strings.length < count;) {
    strings.push(decodeText(reader.take(reader.u16()), `string ${strings.length}`));
  }
  reader.end();
  return strings;
}

export function stringAt(strings: string[], index: number, what: string): string {
  return strings[index] ?? refuse('index', `${what}: string`, `below ${strings.length}`, index);
}

/** A count of tensors, weights or nodes. */
export function readCount(reader: ByteReader, what: string): number {
  const count = reader.u16();
  return count <= MAX_ITEMS ? count : refuse('limit', what, `at most ${MAX_ITEMS}`, count);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new LopError('utf8', `${what}: expected UTF-8, got other bytes`, { cause });
  }
}
