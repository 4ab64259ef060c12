/** Sets of NumPy arrays: `x` and `y`, or `x_train`, `y_train`, `x_test`, `y_test`, as .npy files of a folder or in one .npz. */
import { unzipSync } from 'fflate';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PRESETS } from '../../preprocess/index.js';
import { classNames } from './classes.js';
import { DatasetError, emptySplit, usualPreprocessing, type Split } from './dataset.js';
import type { SetKind, SplitName } from './kind.js';
import { readNpy, type NpyArray } from './npy.js';

const MEMBER = /^(x|y)(_train|_test)?\.npy$/;

/** The .npz, or the folder of .npy files; undefined where there is neither. */
function archiveOf(path: string): string | undefined {
  if (!statSync(path).isDirectory()) return path.endsWith('.npz') ? path : undefined;
  const archives = readdirSync(path).filter((name) => name.endsWith('.npz'));
  return archives.length === 1 ? join(path, archives[0]) : undefined;
}

/** Bytes of the arrays by name, without `.npy`. */
async function membersOf(path: string): Promise<Map<string, Uint8Array>> {
  const archive = archiveOf(path);
  const members = new Map<string, Uint8Array>();
  if (archive !== undefined) {
    for (const [name, bytes] of Object.entries(unzipped(archive, await readFile(archive))))
      if (MEMBER.test(name)) members.set(basename(name, '.npy'), bytes);
    return members;
  }
  for (const name of readdirSync(path).filter((file) => MEMBER.test(file)))
    members.set(basename(name, '.npy'), await readFile(join(path, name)));
  return members;
}

function unzipped(path: string, bytes: Uint8Array): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes);
  } catch (cause) {
    throw new DatasetError(`${path}: expected a complete .npz archive, got: ${(cause as Error).message}`, {
      cause,
    });
  }
}

export const arraySets: SetKind = {
  what: 'NumPy arrays (x and y, .npy or .npz)',
  holds: (path) =>
    statSync(path).isDirectory()
      ? archiveOf(path) !== undefined ||
        readdirSync(path).some((name) => /^x(_test|_train)?\.npy$/.test(name))
      : path.endsWith('.npz'),
  read: async (name, path, { splits }) => {
    const members = await membersOf(path);
    const loaded = { train: emptySplit(), test: emptySplit() };
    let inputShape: number[] = [];
    for (const split of splits) {
      const found = readSplit(path, members, split);
      if (found) [loaded[split], inputShape] = [found.split, found.inputShape];
    }
    const folder = existsSync(join(path, '.')) ? path : dirname(path);
    const labels = await classNames(folder, [loaded.train, loaded.test]);
    const found = splits.map((split) => loaded[split]).find(({ count }) => count > 0);
    const preprocessing = found ? usualPreprocessing(found.x) : PRESETS.none;
    return { name, inputShape, classes: labels.length, labels, ...loaded, preprocessing };
  },
};

/** `x_test`, or for sets of one split `x`. */
function readSplit(
  path: string,
  members: ReadonlyMap<string, Uint8Array>,
  name: SplitName,
): { split: Split; inputShape: number[] } | undefined {
  const suffix = members.has(`x_${name}`) ? `_${name}` : '';
  const bytes = members.get(`x${suffix}`);
  if (bytes === undefined || (suffix === '' && name === 'train')) return undefined;
  const { shape, values } = readNpy(bytes, `${path}: x${suffix}`);
  const [count, ...sample] = shape;
  if (!(count > 0)) throw new DatasetError(`${path}: x${suffix}: expected samples, got shape [${shape}]`);
  const labels = members.get(`y${suffix}`);
  const y = labels && classesOf(readNpy(labels, `${path}: y${suffix}`), count, `${path}: y${suffix}`);
  return { split: { x: values, y, count }, inputShape: sample.length === 2 ? [...sample, 1] : sample };
}

function classesOf({ shape, values }: NpyArray, count: number, what: string): Int32Array {
  if (values.length !== count || shape[0] !== count)
    throw new DatasetError(`${what}: expected ${count} labels, one a sample, got shape [${shape}]`);
  const wrong = values.findIndex((value) => !Number.isInteger(value) || value < 0);
  if (wrong >= 0)
    throw new DatasetError(
      `${what}: expected whole numbers from 0 on, got ${values[wrong]} of sample ${wrong}`,
    );
  return Int32Array.from(values);
}
