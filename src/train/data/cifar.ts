import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PRESETS } from '../../preprocess/index.js';
import { DatasetError, emptySplit, type Split } from './dataset.js';
import { readMaybeGzip } from './files.js';
import type { SetKind, SplitName } from './kind.js';

const SIDE = 32;
const PIXELS = SIDE * SIDE;
const LABELS = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const FILES = {
  train: /^(data_batch_\d|train.*)\.bin(\.gz)?$/,
  test: /^test.*\.bin(\.gz)?$/,
};

/** How many bytes of labels a record begins with; the last is the class. */
interface Records {
  labelBytes: 1 | 2;
  classes: 10 | 100;
}
const CIFAR_10: Records = { labelBytes: 1, classes: 10 };
/** Coarse, then fine label. */
const CIFAR_100: Records = { labelBytes: 2, classes: 100 };

/** Names of CIFAR-100's classes, which lie beside its records and tell it from CIFAR-10. */
const FINE_NAMES = 'fine_label_names.txt';

/**
 * Folders of CIFAR's binary records (Krizhevsky 2009: label or labels, 1024 red, 1024 green, 1024 blue) as `data_batch_N.bin` or
 * `train*.bin`, and `test*.bin`, plain or gzipped. Images become `[32, 32, 3]`. CIFAR-100 has `fine_label_names.txt`, or records that only fit it.
 */
export const cifarSets: SetKind = {
  what: 'CIFAR records',
  holds: (path) => filesOf(path, 'train').length + filesOf(path, 'test').length > 0,
  read: async (name, path, { splits }) => {
    const loaded = { train: emptySplit(), test: emptySplit() };
    let records = existsSync(join(path, FINE_NAMES)) ? CIFAR_100 : CIFAR_10;
    for (const split of splits) {
      const files = filesOf(path, split);
      const contents = await Promise.all(files.map(readMaybeGzip));
      if (contents.length > 0 && contents.every(isOnlyCifar100)) records = CIFAR_100;
      contents.forEach((bytes, i) => checkRecords(bytes, files[i], records));
      if (contents.length > 0) loaded[split] = parseRecords(contents, records);
    }
    const labels = namesOf(path, records);
    const inputShape = [SIDE, SIDE, 3];
    return { name, inputShape, classes: labels.length, labels, ...loaded, preprocessing: PRESETS.unit };
  },
};

function filesOf(folder: string, which: SplitName): string[] {
  if (!statSync(folder).isDirectory()) return [];
  const names = readdirSync(folder).sort();
  return names.filter((file) => FILES[which].test(file)).map((file) => join(folder, file));
}

function namesOf(folder: string, { classes }: Records): string[] {
  if (classes === 10) return LABELS;
  const path = join(folder, FINE_NAMES);
  if (existsSync(path)) return readFileSync(path, 'utf8').trim().split(/\r?\n/);
  return Array.from({ length: classes }, (_, index) => String(index));
}

const sizeOf = ({ labelBytes }: Records): number => labelBytes + 3 * PIXELS;

function isOnlyCifar100({ length }: Uint8Array): boolean {
  return length % sizeOf(CIFAR_100) === 0 && length % sizeOf(CIFAR_10) !== 0;
}

function checkRecords(bytes: Uint8Array, path: string, records: Records): void {
  const size = sizeOf(records);
  if (bytes.length === 0 || bytes.length % size !== 0)
    throw new DatasetError(
      `${path}: expected a whole number of records of ${size} bytes, got ${bytes.length} bytes; fetch it again`,
    );
  for (let at = records.labelBytes - 1; at < bytes.length; at += size)
    if (bytes[at] >= records.classes)
      throw new DatasetError(
        `${path}: expected a label in 0..${records.classes - 1} at byte ${at}, got ${bytes[at]}; fetch it again`,
      );
}

/** Planes of red, green and blue become pixels of three channels. */
function parseRecords(files: Uint8Array[], records: Records): Split {
  const { labelBytes } = records;
  const size = sizeOf(records);
  const count = files.reduce((sum, bytes) => sum + bytes.length / size, 0);
  const x = new Uint8Array(count * 3 * PIXELS);
  const y = new Uint8Array(count);
  let sample = 0;
  for (const bytes of files) {
    for (let at = 0; at < bytes.length; at += size, sample++) {
      y[sample] = bytes[at + labelBytes - 1];
      const target = sample * 3 * PIXELS;
      for (let channel = 0; channel < 3; channel++) {
        const plane = at + labelBytes + channel * PIXELS;
        for (let pixel = 0; pixel < PIXELS; pixel++) x[target + pixel * 3 + channel] = bytes[plane + pixel];
      }
    }
  }
  return { x, y, count };
}
