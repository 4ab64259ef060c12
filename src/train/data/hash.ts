import { createHash, type Hash } from 'node:crypto';
import { isInMemory, type Dataset, type Split } from './dataset.js';

/** Samples of a split on disk that are hashed: reading all of them would decode every picture. */
const HASHED_SAMPLES = 64;

/**
 * SHA-256, in hex, of a set's samples and classes, whatever the set is called: of both splits their number and all classes, and all
 * values of samples in memory; of samples that stay on disk the values of the first 64.
 */
export async function dataHash({ inputShape, classes, train, test }: Dataset): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([inputShape, classes]));
  for (const split of [train, test]) await addSplit(hash, split);
  return hash.digest('hex');
}

async function addSplit(hash: Hash, { x, y, count }: Split): Promise<void> {
  const first = Uint32Array.from({ length: Math.min(HASHED_SAMPLES, count) }, (_, i) => i);
  hash.update(JSON.stringify([count, y !== undefined]));
  if (count === 0) return;
  hash.update(bytesOf(isInMemory(x) ? x : await x.read(first)));
  if (y) hash.update(bytesOf(Int32Array.from(y)));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
