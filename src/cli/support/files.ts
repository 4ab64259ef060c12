import { open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';

const temporary = (path: string): string => join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);

const explainUnwritable = (path: string, cause: unknown): Error => {
  const { code, message } = cause as NodeJS.ErrnoException;
  const got = code === 'ENOENT' ? 'no such folder' : code === 'EACCES' ? 'permission denied' : message;
  return new Error(`${path}: expected a writable output, got: ${got}; choose another place with -o`, {
    cause,
  });
};

/** Rejects where a file at `path` could not be written: asked before hours of work, not after. */
export async function ensureWritable(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory())
    throw new Error(`${path}: expected a file to write, got a folder; name a file with -o`);
  const probe = temporary(path);
  try {
    await (await open(probe, 'w')).close();
  } catch (error) {
    throw explainUnwritable(path, error);
  } finally {
    await rm(probe, { force: true });
  }
}

/** Writes the whole file or none: a crash leaves the old one, or nothing. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const partial = temporary(path);
  try {
    await writeFile(partial, bytes, { flush: true });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw explainUnwritable(path, error);
  }
}

/** `digits/model.json` becomes `digits.lop`, `digits.h5` too; in the working folder. */
export function defaultOut(model: string): string {
  const name = basename(model, extname(model));
  return `${name === 'model' ? basename(dirname(model)).replace(/^\.*$/, 'model') : name}.lop`;
}
