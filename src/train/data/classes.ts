import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatasetError, type Split } from './dataset.js';

/**
 * Names of the classes: the lines of `labels.txt`, else numbers up to the greatest label.
 * @throws DatasetError where a label has no line
 */
export async function classNames(folder: string, splits: readonly Pick<Split, 'y'>[]): Promise<string[]> {
  const classes = 1 + Math.max(-1, ...splits.map(({ y }) => (y ? largest(y) : -1)));
  const path = join(folder, 'labels.txt');
  if (!existsSync(path)) return Array.from({ length: classes }, (_, index) => String(index));
  const labels = (await readFile(path, 'utf8')).trim().split(/\r?\n/);
  if (labels.length < classes)
    throw new DatasetError(`${path}: expected ${classes} lines, one a class, got ${labels.length}`);
  return labels;
}

function largest(labels: Uint8Array | Int32Array): number {
  let most = -1;
  for (const label of labels) most = Math.max(most, label);
  return most;
}
