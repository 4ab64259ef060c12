// Writes models/data/mnist: the first 20,000 training digits and all 10,000 test digits of MNIST, idx format, gzip.
// usage: node scripts/mnist-subset.mjs ../shared/data/mnist
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';

const TRAIN = 20_000;
const [source] = process.argv.slice(2);
if (!source) {
  process.stderr.write('usage: node scripts/mnist-subset.mjs <folder with the four MNIST .gz files>\n');
  process.exit(2);
}
const target = new URL('../models/data/mnist/', import.meta.url);
mkdirSync(target, { recursive: true });

/** The first `count` items of an idx file; its header is big-endian: magic, count, then other dimensions. */
function firstItems(idx, count) {
  const dims = idx[3];
  const header = 4 + 4 * dims;
  const items = idx.readUInt32BE(4);
  const size = (idx.length - header) / items;
  const kept = Buffer.from(idx.subarray(0, header + Math.min(count, items) * size));
  kept.writeUInt32BE(Math.min(count, items), 4);
  return kept;
}

for (const [name, count] of [
  ['train-images-idx3-ubyte.gz', TRAIN],
  ['train-labels-idx1-ubyte.gz', TRAIN],
  ['t10k-images-idx3-ubyte.gz', Infinity],
  ['t10k-labels-idx1-ubyte.gz', Infinity],
]) {
  const subset = firstItems(gunzipSync(readFileSync(`${source}/${name}`)), count);
  writeFileSync(new URL(name, target), gzipSync(subset, { level: 9 }));
}
