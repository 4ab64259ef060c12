/**
 * NumPy's .npy files, versions 1 to 3 (numpy/lib/format.py). Read here and not by a package: the format is one header
 * line and plain values, and the checks that give a clear error are most of the code.
 */
import { elements } from '../../graph/graph.js';
import { DatasetError } from './dataset.js';

export interface NpyArray {
  shape: number[];
  /** True for integers: stored pixels, not network input. */
  integer: boolean;
  /** `u1` and `i1` as they are, all else as f32. */
  values: Uint8Array | Int8Array | Float32Array;
}

type Reader = (view: DataView, at: number) => number;

/** By kind and size. */
const READERS: Record<string, { bytes: number; read: Reader }> = {
  b1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  i1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  u2: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  i2: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  u4: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  i4: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  u8: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  i8: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  f4: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  f8: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

function headerOf(bytes: Uint8Array, name: string): { text: string; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = String.fromCharCode(...bytes.subarray(0, 6));
  if (magic !== '\x93NUMPY' || bytes.length < 12)
    throw new DatasetError(`${name}: expected a .npy file, got another kind of file`);
  const wide = bytes[6] > 1;
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length)
    throw new DatasetError(`${name}: expected a header of ${end} bytes, got a file of ${bytes.length}`);
  return { text: new TextDecoder().decode(bytes.subarray(start, end)), end };
}

function checkOrder(text: string, order: string, bytes: number, name: string): void {
  if (order === '>' && bytes > 1)
    throw new DatasetError(
      `${name}: expected little-endian values, got big-endian ones; save x.astype(x.dtype.newbyteorder("<"))`,
    );
  if (/'fortran_order':\s*True/.test(text))
    throw new DatasetError(`${name}: expected C order, got Fortran order; save numpy.ascontiguousarray(x)`);
}

/** Reads an array of numbers in C order. @throws DatasetError where the header is not understood or the length does not fit */
export function readNpy(bytes: Uint8Array, name: string): NpyArray {
  const { text, end } = headerOf(bytes, name);
  const [, order, type] = /'descr':\s*'([<>|=])(\w+)'/.exec(text) ?? [];
  const dims = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  const reader = READERS[type];
  if (!reader || dims === undefined)
    throw new DatasetError(
      `${name}: expected an array of one of ${Object.keys(READERS).join(', ')}, got the header ${text.trim()}`,
    );
  checkOrder(text, order, reader.bytes, name);
  const sizes = dims.split(',').filter((dim) => dim.trim() !== '');
  const shape = sizes.map(Number);
  const expected = end + elements(shape) * reader.bytes;
  if (bytes.length !== expected)
    throw new DatasetError(
      `${name}: expected ${expected} bytes for shape [${shape.join(', ')}], got ${bytes.length}`,
    );
  return { shape, integer: !type.startsWith('f'), values: valuesOf(bytes.subarray(end), type, reader) };
}

function valuesOf(
  bytes: Uint8Array,
  type: string,
  reader: { bytes: number; read: Reader },
): NpyArray['values'] {
  if (type === 'u1') return new Uint8Array(bytes);
  if (type === 'i1') return new Int8Array(new Uint8Array(bytes).buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.length / reader.bytes);
  for (let i = 0; i < values.length; i++) values[i] = reader.read(view, i * reader.bytes);
  return values;
}
