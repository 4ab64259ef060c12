import { crc32 } from '../../src/format/crc32.js';

/** Sets the checksum to what the bytes before it say, in place. */
export function fixChecksum(file: Uint8Array): Uint8Array {
  new DataView(file.buffer, file.byteOffset).setUint32(file.length - 4, crc32(file.subarray(0, -4)), true);
  return file;
}

/** A copy with `bytes` at `offset`, and a right checksum. */
export function patch(file: Uint8Array, offset: number, bytes: number[]): Uint8Array {
  const copy = file.slice();
  copy.set(bytes, offset);
  return fixChecksum(copy);
}

interface Section {
  kind: number;
  bytes: Uint8Array;
}

export function sectionsOf(file: Uint8Array): Section[] {
  const view = new DataView(file.buffer, file.byteOffset);
  const count = view.getUint16(6, true);
  let at = 12 + 8 * count;
  return Array.from({ length: count }, (_, index) => {
    const length = view.getUint32(16 + 8 * index, true);
    at += length;
    return { kind: view.getUint32(12 + 8 * index, true), bytes: file.slice(at - length, at) };
  });
}

/** A file of these sections, with right sizes and checksum. */
export function assemble(sections: Section[]): Uint8Array {
  const length = sections.reduce((sum, { bytes }) => sum + 8 + bytes.length, 16);
  const file = new Uint8Array(length);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x31504f4c, true);
  view.setUint16(4, 1, true);
  view.setUint16(6, sections.length, true);
  view.setUint32(8, length, true);
  let at = 12 + 8 * sections.length;
  sections.forEach(({ kind, bytes }, index) => {
    view.setUint32(12 + 8 * index, kind, true);
    view.setUint32(16 + 8 * index, bytes.length, true);
    file.set(bytes, at);
    at += bytes.length;
  });
  return fixChecksum(file);
}

/** `file` with the content of one section replaced. */
export function withSection(file: Uint8Array, kind: number, content: number[]): Uint8Array {
  return assemble(
    sectionsOf(file).map((section) =>
      section.kind === kind ? { kind, bytes: Uint8Array.from(content) } : section,
    ),
  );
}
