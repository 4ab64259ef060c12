import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatasetError, emptySplit, type Dataset, type Split } from './dataset.js';
import { readMaybeGzip } from './files.js';

const SIDE = 32;
const PIXELS = SIDE * SIDE;
const RECORD = 1 + 3 * PIXELS;
const LABELS = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const FILES = {
  train: /^(data_batch_\d|train.*)\.bin(\.gz)?$/,
  test: /^test.*\.bin(\.gz)?$/,
};

/** True where `folder` holds CIFAR-10's binary records by their usual names. */
export function isCifarFolder(folder: string): boolean {
  return filesOf(folder, 'train').length + filesOf(folder, 'test').length > 0;
}

/**
 * Reads CIFAR-10 binary records (Krizhevsky 2009: label, 1024 red, 1024 green, 1024 blue) from `data_batch_N.bin` or
 * `train*.bin`, and `test*.bin`, plain or gzipped. Images become `[32, 32, 3]`, scaled to 0..1.
 */
export async function readCifarFolder(
  name: string,
  folder: string,
  splits: readonly ('train' | 'test')[],
): Promise<Dataset> {
  const loaded = { train: emptySplit(), test: emptySplit() };
  for (const which of splits) {
    const files = await Promise.all(filesOf(folder, which).map(readRecords));
    if (files.length > 0) loaded[which] = parseRecords(files);
  }
  const preprocessing = { scale: Math.fround(1 / 255), offset: 0 };
  return { name, inputShape: [SIDE, SIDE, 3], classes: 10, labels: LABELS, ...loaded, preprocessing };
}

function filesOf(folder: string, which: 'train' | 'test'): string[] {
  const names = readdirSync(folder).sort();
  return names.filter((file) => FILES[which].test(file)).map((file) => join(folder, file));
}

async function readRecords(path: string): Promise<Uint8Array> {
  const bytes = await readMaybeGzip(path);
  if (bytes.length === 0 || bytes.length % RECORD !== 0)
    throw new DatasetError(
      `${path}: expected a whole number of records of ${RECORD} bytes, got ${bytes.length} bytes; fetch it again`,
    );
  for (let at = 0; at < bytes.length; at += RECORD)
    if (bytes[at] >= LABELS.length)
      throw new DatasetError(
        `${path}: expected a label in 0..9 at byte ${at}, got ${bytes[at]}; fetch it again`,
      );
  return bytes;
}

/** Planes of red, green and blue become pixels of three channels. */
function parseRecords(files: Uint8Array[]): Split {
  const count = files.reduce((sum, bytes) => sum + bytes.length / RECORD, 0);
  const x = new Uint8Array(count * 3 * PIXELS);
  const y = new Uint8Array(count);
  let sample = 0;
  for (const bytes of files) {
    for (let at = 0; at < bytes.length; at += RECORD, sample++) {
      y[sample] = bytes[at];
      const target = sample * 3 * PIXELS;
      for (let channel = 0; channel < 3; channel++) {
        const plane = at + 1 + channel * PIXELS;
        for (let pixel = 0; pixel < PIXELS; pixel++) x[target + pixel * 3 + channel] = bytes[plane + pixel];
      }
    }
  }
  return { x, y, count };
}
