import { gzipSync } from 'node:zlib';

/** An idx file of unsigned bytes. */
export function idxFile(shape: number[], data: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = 8;
  header[3] = shape.length;
  shape.forEach((dim, axis) => header.writeUInt32BE(dim, 4 + 4 * axis));
  return Buffer.concat([header, Uint8Array.from(data)]);
}

/** Files of a set of `train` and `test` images of 2 x 3 pixels: value = index in the file, class = index modulo 3. */
export function tinyIdxSet(train = 6, test = 3): Record<string, Buffer> {
  const files: Record<string, Buffer> = {};
  for (const [stem, count] of [
    ['train', train],
    ['t10k', test],
  ] as const) {
    const pixels = Array.from({ length: count * 6 }, (_, i) => i % 256);
    const labels = Array.from({ length: count }, (_, i) => i % 3);
    files[`${stem}-images-idx3-ubyte.gz`] = gzipSync(idxFile([count, 2, 3], pixels));
    files[`${stem}-labels-idx1-ubyte`] = idxFile([count], labels);
  }
  return files;
}

/** A ustar archive; the checksum field, which nobody here reads, stays empty. */
export function tarFile(members: Record<string, Uint8Array>): Buffer {
  const parts = Object.entries(members).flatMap(([name, data]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(data.length.toString(8).padStart(11, '0'), 124);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

/** A .npy file, version 1. */
export function npyFile(
  descr: string,
  shape: number[],
  data: { buffer: ArrayBufferLike },
  fortran = false,
): Buffer {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const order = fortran ? 'True' : 'False';
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${tuple}), }`;
  const magic = Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1');
  return Buffer.concat([magic, Buffer.from(`${header.padEnd(117)}\n`), Buffer.from(data.buffer)]);
}
