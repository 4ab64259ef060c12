import { stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { checkWritable } from '../../files/index.js';

/**
 * Rejects where a file at `path` could not be written, or is one of those that are read: asked before hours of work, not after.
 *
 * @param inputs paths
 */
export async function ensureWritable(path: string, ...inputs: string[]): Promise<void> {
  for (const input of inputs)
    if (await isSameFile(path, input))
      throw new Error(
        `${path}: expected another file than the one that is read, got ${input} itself; choose another place with -o`,
      );
  await checkWritable(path);
}

/** Links and spellings of a path do not hide it. */
async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((path) => stat(path).catch(() => undefined)));
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
}

/** `digits/model.json` becomes `digits.lop`, `digits.h5` too; in the working folder. */
export function defaultOut(model: string): string {
  const name = basename(model, extname(model));
  return `${name === 'model' ? basename(dirname(model)).replace(/^\.*$/, 'model') : name}.lop`;
}
