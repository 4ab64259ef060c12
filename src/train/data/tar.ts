import { DatasetError } from './dataset.js';

const BLOCK = 512;
const NAME = { at: 0, bytes: 100 };
const SIZE = { at: 124, bytes: 12 };

/**
 * Regular files of a POSIX ustar archive whose name ends in `suffix`, without their folders: each member is a block of
 * 512 bytes of header (name at 0, size in octal at 124), then its data, padded to whole blocks.
 */
export function* tarMembers(
  bytes: Uint8Array,
  suffix: string,
): Generator<{ name: string; data: Uint8Array }> {
  let at = 0;
  while (at + BLOCK <= bytes.length && bytes[at] !== 0) {
    const path = field(bytes, at, NAME);
    const size = parseInt(field(bytes, at, SIZE), 8);
    const end = at + BLOCK + size;
    if (!(end <= bytes.length))
      throw new DatasetError(
        `${path}: expected ${size} bytes in the archive, got ${bytes.length - at - BLOCK}`,
      );
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name.endsWith(suffix)) yield { name, data: bytes.subarray(at + BLOCK, end) };
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function field(bytes: Uint8Array, header: number, place: { at: number; bytes: number }): string {
  const start = header + place.at;
  const raw = new TextDecoder().decode(bytes.subarray(start, start + place.bytes));
  return raw.split('\0', 1)[0].trim();
}
