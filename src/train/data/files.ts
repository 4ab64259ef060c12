import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DatasetError } from './dataset.js';

const unzip = promisify(gunzip);

/** The first of `names` that is in `folder`, plain or gzipped (`.gz`). */
export function findFile(folder: string, ...names: string[]): string | undefined {
  return names
    .flatMap((name) => [name, `${name}.gz`])
    .map((name) => join(folder, name))
    .find((path) => existsSync(path));
}

/** Bytes of a plain or gzipped file. */
export async function readMaybeGzip(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path);
  if (!path.endsWith('.gz')) return bytes;
  try {
    return await unzip(bytes);
  } catch (cause) {
    throw new DatasetError(
      `${path}: expected a complete gzip file, got a short or corrupt one (${bytes.length} bytes); fetch it again`,
      { cause },
    );
  }
}
