import { createHash } from 'node:crypto';
import { unzipSync, zipSync } from 'fflate';
import type { Random } from '../helpers/random.js';

export interface Kept {
  file: Uint8Array;
  /** Edges that reading it takes. */
  edges: Uint32Array;
}

/** Of the choices, those of the newest quarter: what has just reached something new leads on. */
const NEWEST = 0.4;

/** Files that each reached something new. */
export class Corpus {
  readonly kept: Kept[] = [];
  bytes = 0;

  add(file: Uint8Array, edges: Uint32Array): void {
    this.kept.push({ file, edges });
    this.bytes += file.length;
  }

  pick(r: Random): Uint8Array {
    const { length } = this.kept;
    const from = r.next() < NEWEST ? length - Math.ceil(length / 4) : 0;
    return this.kept[r.int(from, length - 1)].file;
  }

  /** The smallest files that together take every edge: small ones first, each that adds one. */
  minimized(): Uint8Array[] {
    const covered = new Set<number>();
    return this.kept
      .toSorted((a, b) => a.file.length - b.file.length)
      .filter(({ edges }) => {
        const before = covered.size;
        for (const edge of edges) covered.add(edge);
        return covered.size > before;
      })
      .map(({ file }) => file);
  }
}

/** Files in one zip, by their hash: the same bytes for the same files. */
export function pack(files: readonly Uint8Array[]): Uint8Array {
  const named = files.map((file) => [nameOf(file), file] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  return zipSync(Object.fromEntries(named), { level: 9, mtime: '2026-01-01T00:00:00' });
}

export function unpack(zip: Uint8Array): Uint8Array[] {
  return Object.values(unzipSync(zip));
}

export function nameOf(file: Uint8Array): string {
  return createHash('sha256').update(file).digest('hex').slice(0, 16);
}
