import { createHash } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { Random } from '../helpers/random.js';

export interface Kept {
  file: Uint8Array;
  /** Edges that reading it takes, each with the class of its count. */
  features: Uint32Array;
}

/**
 * Of the choices: a seed, which is whole; the smallest file that has a feature, so that those of few files have as many tries as those of many; any file.
 * Without the seeds (AFL's newest files alone) 20,000 executions of the WebAssembly reader reached 3,554 edges, blind mutation of the seeds 3,656.
 */
const SEED = 0.4;
const FEATURE = 0.4;

/** Files that each reached something new. */
export class Corpus {
  readonly kept: Kept[] = [];
  bytes = 0;
  /** Feature -> the smallest file that has it. */
  readonly #smallest = new Map<number, Uint8Array>();
  readonly #features: number[] = [];

  constructor(private readonly seeds: readonly Uint8Array[] = []) {}

  add(file: Uint8Array, features: Uint32Array): void {
    this.kept.push({ file, features });
    this.bytes += file.length;
    for (const feature of features) {
      const before = this.#smallest.get(feature);
      if (!before) this.#features.push(feature);
      if (!before || file.length < before.length) this.#smallest.set(feature, file);
    }
  }

  pick(r: Random): Uint8Array {
    const kind = r.next();
    if (kind < SEED && this.seeds.length > 0) return r.pick(this.seeds);
    if (kind < SEED + FEATURE && this.#features.length > 0)
      return this.#smallest.get(r.pick(this.#features))!;
    return r.pick(this.kept).file;
  }

  /** The smallest files that together have every feature: small ones first, each that adds one. */
  minimized(): Uint8Array[] {
    const covered = new Set<number>();
    return this.kept
      .toSorted((a, b) => a.file.length - b.file.length)
      .filter(({ features }) => {
        const before = covered.size;
        for (const feature of features) covered.add(feature);
        return covered.size > before;
      })
      .map(({ file }) => file);
  }
}

/** Files in one stream, each behind its length, since they are much alike; the same bytes for the same files. */
export function pack(files: readonly Uint8Array[]): Uint8Array {
  const sorted = files.map((file) => [nameOf(file), file] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = sorted.flatMap(([, file]) => [Uint32Array.of(file.length), file]);
  const bytes = Buffer.concat(
    parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)),
  );
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } });
}

export function unpack(packed: Uint8Array): Uint8Array[] {
  const bytes = brotliDecompressSync(packed);
  const files: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at + 4;
    at = start + bytes.readUInt32LE(at);
    files.push(new Uint8Array(bytes.subarray(start, at)));
  }
  return files;
}

export function nameOf(file: Uint8Array): string {
  return createHash('sha256').update(file).digest('hex').slice(0, 16);
}
