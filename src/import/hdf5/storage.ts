/** Where a data set's bytes lie: in its header, in one piece, or in chunks that may be compressed (IV.A.2.i and l). */
import { inflateSync } from 'node:zlib';
import { UNDEFINED, type Cursor } from './cursor.js';
import { leaves, type Leaf } from './links.js';

const [COMPACT, CONTIGUOUS, CHUNKED] = [0, 1, 2];
const [DEFLATE, SHUFFLE, FLETCHER32] = [1, 2, 3];

export interface StoredData {
  /** Names it in messages. */
  path: string;
  layout: Cursor;
  filters?: Cursor;
  shape: readonly number[];
  elementSize: number;
}

/** The row-major bytes. Their number is checked against what is stored before any memory is taken for them. */
export function readBytes({ layout, filters, ...data }: StoredData): Uint8Array {
  const version = layout.u8();
  if (version !== 3 && version !== 4) throw layout.wrong('a layout of version 3 or 4', `${version}`, -1);
  const length = data.shape.reduce((product, dim) => product * dim, data.elementSize);
  const kind = layout.u8();
  if (kind === COMPACT) return exactly(layout, layout.u16(), length, data.path);
  if (kind === CONTIGUOUS) {
    const address = layout.address();
    const stored = layout.u64();
    if (length === 0) return new Uint8Array(0);
    if (address === UNDEFINED) throw layout.wrong(`values of ${data.path}`, 'none: they were never written');
    return exactly(layout.from(address), stored, length, data.path);
  }
  if (kind !== CHUNKED || version !== 3) {
    const fix = "another one; save the file without libver='latest'";
    throw layout.wrong('a compact, contiguous or chunked layout', fix, -1);
  }
  return readChunks(layout, filters ? readFilters(filters) : [], length, data);
}

function exactly(cursor: Cursor, stored: number, length: number, path: string): Uint8Array {
  if (stored !== length) throw cursor.wrong(`${length} bytes of ${path}`, `${stored}`);
  return cursor.take(length);
}

/** Filters as they were applied when writing. */
function readFilters(body: Cursor): number[] {
  const version = body.u8();
  const count = body.u8();
  if (version === 1) body.skip(6);
  return Array.from({ length: count }, () => {
    const id = body.u16();
    const named = version === 1 || id >= 256;
    const name = named ? body.u16() : 0;
    body.skip(2);
    const values = body.u16();
    body.skip(version === 1 ? Math.ceil(name / 8) * 8 : name);
    body.skip(4 * (values + (version === 1 ? values % 2 : 0)));
    if (id >= DEFLATE && id <= FLETCHER32) return id;
    throw body.wrong('gzip, shuffle or fletcher32', `filter ${id}; save the file without it`);
  });
}

/** Every chunk must be there, so a small file cannot ask for much memory: a byte deflates to at most 1032. */
function readChunks(
  layout: Cursor,
  filters: readonly number[],
  length: number,
  { path, shape, elementSize }: Omit<StoredData, 'layout' | 'filters'>,
): Uint8Array {
  const rank = layout.u8() - 1;
  const tree = layout.address();
  const chunk = Array.from({ length: rank }, () => layout.u32());
  if (rank !== shape.length || chunk.some((dim) => dim < 1))
    throw layout.wrong(`chunks of ${shape.length} axes of at least 1`, `[${chunk}]`);
  const wanted = shape.reduce((product, dim, axis) => product * Math.ceil(dim / chunk[axis]), 1);
  const found = tree === UNDEFINED ? [] : leaves(layout.from(tree), 1, 8 + 8 * (rank + 1));
  if (found.length !== wanted) throw layout.wrong(`${wanted} chunks of ${path}`, `${found.length}`);
  const size = chunk.reduce((product, dim) => product * dim, elementSize);
  const pieces = found.map((leaf) => readChunk(layout, leaf, filters, { path, size, elementSize }));
  const out = new Uint8Array(length);
  found.forEach((leaf, i) => {
    const offsets = Array.from({ length: rank }, () => leaf.key.u64());
    place(out, pieces[i], shape, chunk, offsets, elementSize);
  });
  return out;
}

function readChunk(
  file: Cursor,
  { key, child }: Leaf,
  filters: readonly number[],
  { path, size, elementSize }: { path: string; size: number; elementSize: number },
): Uint8Array {
  const stored = file.from(child, key.u32());
  const skipped = key.u32();
  let bytes = stored.take(stored.end - stored.at);
  for (let i = filters.length - 1; i >= 0; i--) {
    if (skipped & (1 << i)) continue;
    if (filters[i] === DEFLATE) bytes = inflated(stored, bytes, size, path);
    else if (filters[i] === SHUFFLE) bytes = unshuffled(bytes, elementSize);
    else bytes = bytes.subarray(0, bytes.length - 4);
  }
  if (bytes.length !== size) throw stored.wrong(`a chunk of ${size} bytes of ${path}`, `${bytes.length}`);
  return bytes;
}

/** @param size of a chunk, to which fletcher32 may have added 4 bytes before */
function inflated(at: Cursor, bytes: Uint8Array, size: number, path: string): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: size + 4 });
  } catch (error) {
    throw at.wrong(`${size} deflated bytes of ${path}`, (error as Error).message);
  }
}

/** All first bytes of the elements, then all second ones, ... -> element by element. */
function unshuffled(bytes: Uint8Array, elementSize: number): Uint8Array {
  const count = Math.floor(bytes.length / elementSize);
  const out = new Uint8Array(bytes);
  for (let byte = 0; byte < elementSize; byte++) {
    for (let i = 0; i < count; i++) out[i * elementSize + byte] = bytes[byte * count + i];
  }
  return out;
}

/** Copies the chunk's rows (along the last axis) that lie in the data set. */
function place(
  out: Uint8Array,
  piece: Uint8Array,
  shape: readonly number[],
  chunk: readonly number[],
  offsets: readonly number[],
  elementSize: number,
): void {
  const last = shape.length - 1;
  const copy = (axis: number, to: number, from: number): void => {
    const count = Math.min(chunk[axis], shape[axis] - offsets[axis]);
    if (axis === last) {
      const at = (to * shape[axis] + offsets[axis]) * elementSize;
      const start = from * chunk[axis] * elementSize;
      if (count > 0) out.set(piece.subarray(start, start + count * elementSize), at);
      return;
    }
    for (let i = 0; i < count; i++)
      copy(axis + 1, to * shape[axis] + offsets[axis] + i, from * chunk[axis] + i);
  };
  copy(0, 0, 0);
}
