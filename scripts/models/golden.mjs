// Writes models/<name>/golden.json: digits of the bundled test set and what model.lop answers, from the plain reference.
// usage: node scripts/models/golden.mjs <name> [count = 8]
import { readFileSync, writeFileSync } from 'node:fs';
import { loadDataset } from '../../dist/train/data/index.js';
import { loadReference } from '../../dist/reference/index.js';

const [name, count = '8'] = process.argv.slice(2);
if (!name) {
  process.stderr.write('usage: node scripts/models/golden.mjs <name> [count]\n');
  process.exit(2);
}
const models = new URL('../../models/', import.meta.url);
const data = await loadDataset(new URL('data/mnist', models).pathname, { split: 'test', limit: Number(count) });
const model = loadReference(readFileSync(new URL(`${name}/model.lop`, models)));
const size = data.test.x.length / data.test.count;
const { scale, offset } = data.preprocessing;
const samples = Array.from({ length: data.test.count }, (_, i) => {
  const pixels = data.test.x.subarray(i * size, (i + 1) * size);
  const [scores] = model.run(Float32Array.from(pixels, (pixel) => pixel * scale + offset));
  return { label: data.test.y[i], pixels: [...pixels], scores: [...scores] };
});
const golden = { model: name, preprocessing: data.preprocessing, samples };
writeFileSync(new URL(`${name}/golden.json`, models), `${JSON.stringify(golden)}\n`);
