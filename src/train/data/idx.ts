import { elements } from '../../graph/graph.js';
import { PRESETS } from '../../preprocess/index.js';
import { classNames } from './classes.js';
import { DatasetError, emptySplit, type Split } from './dataset.js';
import { findFile, readMaybeGzip } from './files.js';
import type { SetKind } from './kind.js';

/** One idx array: the format of MNIST and its successors. */
export interface IdxArray {
  shape: number[];
  data: Uint8Array;
}

const UNSIGNED_BYTE = 8;
const STEMS = { train: ['train'], test: ['t10k', 'test'] };

/**
 * Reads an idx array of unsigned bytes:
 * `u8 0, u8 0, u8 type = 8, u8 rank, u32 big-endian dims[rank], data`.
 *
 * @see http://yann.lecun.com/exdb/mnist/ "The IDX file format"
 */
export function parseIdx(bytes: Uint8Array, path: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = bytes.length >= 4 ? [...bytes.subarray(0, 3)].join(' ') : `${bytes.length} bytes`;
  if (head !== `0 0 ${UNSIGNED_BYTE}`)
    throw new DatasetError(
      `${path}: expected an idx file of unsigned bytes (starting 0 0 8), got ${head}; fetch it again`,
    );
  const rank = bytes[3];
  const start = 4 + 4 * rank;
  if (bytes.length < start)
    throw new DatasetError(`${path}: expected ${start} bytes of header, got ${bytes.length}; fetch it again`);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const expected = start + elements(shape);
  if (bytes.length !== expected)
    throw new DatasetError(
      `${path}: expected ${expected} bytes for shape [${shape}], got ${bytes.length}; fetch it again`,
    );
  return { shape, data: bytes.subarray(start) };
}

/**
 * Folders of `train-` and `t10k-` (or `test-`) `images-idx3-ubyte` and `labels-idx1-ubyte` files, plain or gzipped.
 * `labels.txt`, one name a line, names the classes.
 */
export const idxSets: SetKind = {
  what: 'idx files',
  holds: (path) => Object.values(STEMS).some((stems) => imagesOf(path, stems) !== undefined),
  read: async (name, path, { splits }) => {
    const loaded = { train: emptySplit(), test: emptySplit() };
    let inputShape: number[] = [];
    for (const which of splits) {
      const read = await readSplit(path, which);
      if (read === undefined) continue;
      loaded[which] = read.split;
      inputShape = read.inputShape;
    }
    const labels = await classNames(path, [loaded.train, loaded.test]);
    const preprocessing = PRESETS.unit;
    return { name, inputShape, classes: labels.length, labels, ...loaded, preprocessing };
  },
};

async function readSplit(
  folder: string,
  which: 'train' | 'test',
): Promise<{ split: Split; inputShape: number[] } | undefined> {
  const imagePath = imagesOf(folder, STEMS[which]);
  if (imagePath === undefined) return undefined;
  const labelPath = findFile(folder, ...STEMS[which].map((stem) => `${stem}-labels-idx1-ubyte`));
  if (labelPath === undefined)
    throw new DatasetError(`${folder}: expected a ${STEMS[which][0]}-labels-idx1-ubyte beside ${imagePath}`);
  const images = parseIdx(await readMaybeGzip(imagePath), imagePath);
  const labels = parseIdx(await readMaybeGzip(labelPath), labelPath);
  const [count, ...sample] = images.shape;
  if (labels.shape.length !== 1 || labels.shape[0] !== count)
    throw new DatasetError(`${labelPath}: expected ${count} labels, got shape [${labels.shape}]`);
  const inputShape = sample.length === 2 ? [...sample, 1] : sample;
  return { split: { x: images.data, y: labels.data, count }, inputShape };
}

function imagesOf(folder: string, stems: string[]): string | undefined {
  return findFile(folder, ...stems.map((stem) => `${stem}-images-idx3-ubyte`));
}
