import { open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { removeLeftovers, temporaryOf } from './temporary.js';

/** A file that could not be written: what was there before is as it was. */
export class WriteError extends Error {
  override name = 'WriteError';
}

const GOT: Record<string, string> = {
  ENOENT: 'no such folder',
  ENOTDIR: 'a file where a folder should be',
  EEXIST: 'a file where a folder should be',
  EISDIR: 'a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'a read-only file system',
  ENOSPC: 'no room on the disk',
  EDQUOT: 'no room in the disk quota',
  EFBIG: 'a limit on the size of files',
  EMFILE: 'too many open files',
};

const ADVICE = 'choose another place with -o';

/** What a failed system call means to the one who gave the path. */
export function writeError(path: string, cause: unknown, advice: string): WriteError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return new WriteError(`${path}: expected a writable output, got: ${GOT[code] ?? message}; ${advice}`, {
    cause,
  });
}

/**
 * Asked before hours of work, not after; also removes what a killed run left half written there.
 *
 * @throws WriteError where a file at `path` could not be written
 */
export async function checkWritable(path: string, advice = ADVICE): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory())
    throw new WriteError(`${path}: expected a file to write, got a folder; name a file with -o`);
  await removeLeftovers(path);
  const probe = temporaryOf(path);
  try {
    await (await open(probe, 'w')).close();
  } catch (error) {
    throw writeError(path, error, advice);
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

/**
 * Writes the whole file or none: into a temporary file beside it, which is flushed to the disk and renamed. A crash leaves the old file,
 * or nothing.
 *
 * @param advice what to do where it cannot be written
 * @throws WriteError where it cannot be written
 */
export async function writeWhole(path: string, bytes: Uint8Array | string, advice = ADVICE): Promise<void> {
  const partial = temporaryOf(path);
  try {
    await writeFile(partial, bytes, { flush: true });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw writeError(path, error, advice);
  }
}
