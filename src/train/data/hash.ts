import { createHash, type Hash } from 'node:crypto';
import type { Dataset, Split } from './dataset.js';

/** Samples of a set on disk that are hashed: reading all of them would decode every picture. */
const HASHED_SAMPLES = 64;

/**
 * SHA-256, in hex, of a set's samples and their classes, both splits; of samples that stay on disk, of the first 64 of each split, all
 * classes, and their number.
 */
export async function dataHash({ name, inputShape, classes, train, test }: Dataset): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([name, inputShape, classes]));
  for (const split of [train, test]) await hashSplit(hash, split);
  return hash.digest('hex');
}

async function hashSplit(hash: Hash, split: Split): Promise<void> {
  hash.update(JSON.stringify([split.count]));
  if (split.count === 0) return;
  hash.update(bytesOf(await valuesToHash(split)));
  if (split.y) hash.update(bytesOf(Int32Array.from(split.y)));
}

async function valuesToHash({ x, count }: Split): Promise<ArrayBufferView> {
  if (ArrayBuffer.isView(x)) return x;
  return x.read(Uint32Array.from({ length: Math.min(HASHED_SAMPLES, count) }, (_, i) => i));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
