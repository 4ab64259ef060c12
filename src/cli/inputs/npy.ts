/**
 * NumPy's .npy files, versions 1 to 3 (numpy/lib/format.py). Read here and not by a package: the format is one header
 * line and plain values, and the checks that give a clear error are most of the code.
 */

export interface NpyArray {
  shape: number[];
  /** True for integers: stored pixels, not network input. */
  integer: boolean;
  values: Float32Array;
}

type Reader = (view: DataView, at: number) => number;

/** By kind and size; the byte order is in the descriptor's first character. */
const READERS: Record<string, { bytes: number; read: (little: boolean) => Reader }> = {
  b1: { bytes: 1, read: () => (view, at) => view.getUint8(at) },
  u1: { bytes: 1, read: () => (view, at) => view.getUint8(at) },
  i1: { bytes: 1, read: () => (view, at) => view.getInt8(at) },
  u2: { bytes: 2, read: (little) => (view, at) => view.getUint16(at, little) },
  i2: { bytes: 2, read: (little) => (view, at) => view.getInt16(at, little) },
  u4: { bytes: 4, read: (little) => (view, at) => view.getUint32(at, little) },
  i4: { bytes: 4, read: (little) => (view, at) => view.getInt32(at, little) },
  i8: { bytes: 8, read: (little) => (view, at) => Number(view.getBigInt64(at, little)) },
  f4: { bytes: 4, read: (little) => (view, at) => view.getFloat32(at, little) },
  f8: { bytes: 8, read: (little) => (view, at) => view.getFloat64(at, little) },
};

function headerOf(bytes: Uint8Array, name: string): { text: string; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = String.fromCharCode(...bytes.subarray(0, 6));
  if (magic !== '\x93NUMPY' || bytes.length < 12)
    throw new Error(`${name}: expected a .npy file, got another kind of file`);
  const wide = bytes[6] > 1;
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length)
    throw new Error(`${name}: expected a header of ${end} bytes, got a file of ${bytes.length}`);
  return { text: new TextDecoder().decode(bytes.subarray(start, end)), end };
}

/** Reads an array of numbers in C order. Throws where the header is not understood or the length does not fit. */
export function readNpy(bytes: Uint8Array, name: string): NpyArray {
  const { text, end } = headerOf(bytes, name);
  const [, order, type] = /'descr':\s*'([<>|=])(\w+)'/.exec(text) ?? [];
  const dims = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  const reader = READERS[type];
  if (!reader || dims === undefined)
    throw new Error(
      `${name}: expected an array of one of ${Object.keys(READERS).join(', ')}, got the header ${text.trim()}`,
    );
  if (/'fortran_order':\s*True/.test(text))
    throw new Error(`${name}: expected C order, got Fortran order; save numpy.ascontiguousarray(x)`);
  const shape = dims
    .split(',')
    .filter((dim) => dim.trim() !== '')
    .map(Number);
  const count = shape.reduce((product, dim) => product * dim, 1);
  const expected = end + count * reader.bytes;
  if (bytes.length !== expected)
    throw new Error(
      `${name}: expected ${expected} bytes for shape [${shape.join(', ')}], got ${bytes.length}`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = reader.read(order !== '>');
  const values = Float32Array.from({ length: count }, (_, i) => read(view, end + i * reader.bytes));
  return { shape, integer: !type.startsWith('f'), values };
}
