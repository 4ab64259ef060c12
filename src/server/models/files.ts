/** Files that do not change often: what was made of them is kept until their size or time changes. */
import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';

/** What tells one content of a file from another without reading it. */
export async function stamp(path: string): Promise<string | undefined> {
  const at = await stat(path).catch(() => undefined);
  return at?.isFile() ? `${at.size}-${at.mtimeMs}-${at.ino}` : undefined;
}

/** The file's true path where it lies in `root`, links followed; undefined where there is none. */
export async function inside(root: string, path: string): Promise<string | undefined> {
  try {
    const [folder, file] = await Promise.all([realpath(root), realpath(path)]);
    return file.startsWith(folder + sep) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** Sixteen hex digits of SHA-256. */
export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

interface Kept<T> {
  stamp: string;
  made: Promise<T>;
}

/** Makes a value of files once for each content of theirs. */
export class FileCache<T> {
  readonly #kept = new Map<string, Kept<T>>();

  constructor(private readonly most = 256) {}

  /** @param paths all the files that `make` reads */
  async get(key: string, paths: readonly string[], make: () => Promise<T>): Promise<T> {
    const stamps = (await Promise.all(paths.map(stamp))).join();
    const kept = this.#kept.get(key);
    if (kept?.stamp === stamps) return kept.made;
    const made = make();
    this.#kept.delete(key);
    this.#kept.set(key, { stamp: stamps, made });
    if (this.#kept.size > this.most) this.#kept.delete(this.#kept.keys().next().value!);
    made.catch(() => this.#kept.get(key)?.made === made && this.#kept.delete(key));
    return made;
  }
}

/** A file's bytes and hash, read once for each content. */
export class Hashes {
  readonly #cache = new FileCache<string>(1024);

  of(path: string): Promise<string> {
    return this.#cache.get(path, [path], async () => hashOf(await readFile(path)));
  }
}
