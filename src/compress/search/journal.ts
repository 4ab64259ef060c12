import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { writeError } from '../../files/index.js';

/** A journal that is another search's, or broken before its last line. */
export class JournalError extends Error {
  override name = 'JournalError';
}

const ADVICE = 'make room for it there, and go on with --resume';

type Entry = { key: string; value: unknown };

/**
 * What a search has found so far, one JSON object a line: first `{search}`, the hash of what the search is of; then `{key, value}`. A line is
 * written at once when its work ends, so a crash tears the last line at most, which is dropped when the journal is read again.
 */
export class Journal {
  readonly #path: string | undefined;
  readonly #found = new Map<string, unknown>();

  /**
   * @param path undefined: nothing is written
   * @param identity of the search: what must be the same to go on
   * @throws JournalError where `resume` finds another search's journal
   */
  constructor(path: string | undefined, identity: string, resume: boolean) {
    this.#path = path;
    if (path === undefined) return;
    const lines = resume && existsSync(path) ? readLines(path) : [];
    if (lines.length > 0) this.#restore(path, lines, identity);
    const all = [{ search: identity }, ...Array.from(this.#found, ([key, value]) => ({ key, value }))];
    try {
      writeFileSync(`${path}.tmp`, all.map((line) => `${JSON.stringify(line)}\n`).join(''));
      renameSync(`${path}.tmp`, path);
    } catch (error) {
      rmSync(`${path}.tmp`, { force: true });
      throw writeError(path, error, ADVICE);
    }
  }

  /** Entries that were there when it was opened, or have been added since. */
  get size(): number {
    return this.#found.size;
  }

  has(key: string): boolean {
    return this.#found.has(key);
  }

  get<T>(key: string): T | undefined {
    return this.#found.get(key) as T | undefined;
  }

  /** Keeps a value as JSON does, so that a resumed search sees the same. */
  add(key: string, value: unknown): void {
    const line = JSON.stringify({ key, value });
    this.#found.set(key, (JSON.parse(line) as Entry).value);
    if (this.#path !== undefined) append(this.#path, `${line}\n`);
  }

  #restore(path: string, lines: unknown[], identity: string): void {
    const { search } = lines[0] as { search?: string };
    if (search !== identity)
      throw new JournalError(
        `${path}: expected the journal of this search (${identity.slice(0, 12)}), got one of ${String(search).slice(0, 12)}: ` +
          'the model, the data or the description changed; search afresh without --resume',
      );
    for (const { key, value } of lines.slice(1) as Entry[]) this.#found.set(key, value);
  }
}

/** The whole line or nothing: on a full disk a part of it would stand before the next. */
function append(path: string, line: string): void {
  const before = statSync(path).size;
  try {
    appendFileSync(path, line);
  } catch (error) {
    truncateSync(path, before);
    throw writeError(path, error, ADVICE);
  }
}

/** All whole lines; a torn last one is left out. */
function readLines(path: string): unknown[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop(); // after the last newline: nothing, or what was cut off
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as unknown;
    } catch (cause) {
      throw new JournalError(
        `${path}: expected JSON in line ${i + 1}, got ${line.slice(0, 40)}; remove the file`,
        {
          cause,
        },
      );
    }
  });
}

/** SHA-256 of a value's JSON, in hex. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
