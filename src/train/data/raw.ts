/** Plain values whose file says what they are: `features-1000x49x10-i8.bin` and `labels-1000-u8.bin`. */
import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { elements } from '../../graph/graph.js';
import { classNames } from './classes.js';
import { DatasetError, emptySplit, usualPreprocessing, type StoredValues } from './dataset.js';
import type { SetKind } from './kind.js';

const FEATURES = /^(?!labels).*-(\d+(?:x\d+)+)-(u8|i8|f32)\.bin$/;
const LABELS = /^labels-(\d+)-u8\.bin$/;
const BYTES = { u8: 1, i8: 1, f32: 4 };

const namesOf = (path: string): string[] => (statSync(path).isDirectory() ? readdirSync(path) : []);

export const rawSets: SetKind = {
  what: 'values as features-1000x49x10-i8.bin and labels-1000-u8.bin',
  holds: (path) => namesOf(path).some((name) => FEATURES.test(name)),
  read: async (name, path) => {
    const file = namesOf(path).find((each) => FEATURES.test(each))!;
    const [, dims, dtype] = FEATURES.exec(file)!;
    const shape = dims.split('x').map(Number);
    const bytes = await readSized(join(path, file), elements(shape) * BYTES[dtype as keyof typeof BYTES]);
    const [count, ...inputShape] = shape;
    const test = { x: typed(bytes, dtype), y: await labelsIn(path, count), count };
    const labels = await classNames(path, [test]);
    const preprocessing = usualPreprocessing(test.x);
    return { name, inputShape, classes: labels.length, labels, train: emptySplit(), test, preprocessing };
  },
};

async function labelsIn(path: string, count: number): Promise<Uint8Array | undefined> {
  const file = namesOf(path).find((name) => LABELS.test(name));
  return file === undefined ? undefined : readSized(join(path, file), count);
}

async function readSized(path: string, expected: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(await readFile(path));
  if (bytes.length !== expected)
    throw new DatasetError(`${path}: expected ${expected} bytes, got ${bytes.length}; fetch it again`);
  return bytes;
}

function typed(bytes: Uint8Array, dtype: string): StoredValues {
  if (dtype === 'u8') return bytes;
  const { buffer } = bytes.slice();
  return dtype === 'i8' ? new Int8Array(buffer) : new Float32Array(buffer);
}
