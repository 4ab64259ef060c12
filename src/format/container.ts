import { ByteReader } from './bytes.js';
import { crc32 } from './crc32.js';
import { refuse } from './error.js';
import { CHECKSUM_BYTES, HEADER_BYTES, MAGIC, SECTIONS, VERSION, type SectionName } from './layout.js';

const NAMES = Object.keys(SECTIONS) as SectionName[];

/** The sections' bytes (views). Checks magic, version, sizes, checksum, and that each known section is there once, in order. */
export function readContainer(file: Uint8Array): Record<Exclude<SectionName, 'metadata'>, Uint8Array> & {
  metadata?: Uint8Array;
} {
  const reader = new ByteReader(file, 'file');
  const least = HEADER_BYTES + CHECKSUM_BYTES;
  if (file.length < least) refuse('truncated', 'file', `at least ${least} bytes`, file.length);
  const magic = reader.u32();
  if (magic !== MAGIC) refuse('magic', 'file', `'LOP1' (${hex(MAGIC)})`, hex(magic));
  const version = reader.u16();
  if (version !== VERSION) refuse('version', 'file: version', VERSION, version);
  const count = reader.u16();
  const bytes = reader.u32();
  if (bytes !== file.length) {
    refuse(file.length < bytes ? 'truncated' : 'length', 'file: bytes', bytes, file.length);
  }
  checkChecksum(file);
  return sections(reader, count);
}

function checkChecksum(file: Uint8Array): void {
  const body = file.subarray(0, file.length - CHECKSUM_BYTES);
  const stored = new ByteReader(file.subarray(body.length), 'file').u32();
  const computed = crc32(body);
  if (stored !== computed) refuse('checksum', 'file: CRC32', hex(stored), hex(computed));
}

function sections(reader: ByteReader, count: number): ReturnType<typeof readContainer> {
  const table = Array.from({ length: count }, () => ({ kind: reader.u32(), bytes: reader.u32() }));
  const total = table.reduce((sum, { bytes }) => sum + bytes, reader.position + CHECKSUM_BYTES);
  if (total !== reader.bytes.length) {
    refuse('section', 'file: header, sections and CRC together', `${reader.bytes.length} bytes`, total);
  }
  const found: Partial<Record<SectionName, Uint8Array>> = {};
  let last = 0;
  for (const { kind, bytes } of table) {
    const content = reader.take(bytes);
    const name = NAMES.find((known) => SECTIONS[known] === kind);
    if (!name) continue;
    if (kind <= last) refuse('section', `section ${name}`, `a kind above ${last}, in order`, kind);
    last = kind;
    found[name] = content;
  }
  const { strings, tensors, weights, nodes, metadata } = found;
  if (!strings || !tensors || !weights || !nodes) {
    const missing = NAMES.filter((name) => name !== 'metadata' && !found[name]);
    refuse('section', 'file', `sections ${missing.join(', ')}`, 'none');
  }
  return { strings, tensors, weights, nodes, metadata };
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
