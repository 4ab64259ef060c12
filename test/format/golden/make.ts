// Writes the golden files of a format version: npm run golden -- v1. Files that are there stay: what was released is read for ever.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { lopStatistics, readLop } from '../../../src/format/index.js';
import { runReference } from '../../../src/reference/run.js';
import { randomValues } from '../../assembly/models.js';
import { seedFiles } from '../../fuzz/lop/seeds.js';
import { random } from '../../helpers/random.js';
import { encodeValues, type Golden } from './golden.js';

const [, , version = 'v1'] = process.argv;
const folder = `test/format/golden/${version}`;
const table = `${folder}/golden.json`;
mkdirSync(folder, { recursive: true });
const known: Golden[] = existsSync(table) ? (JSON.parse(readFileSync(table, 'utf8')) as Golden[]) : [];

/** Its first operators and how it stores its largest weight: what it is a sample of. */
function nameOf(file: Uint8Array, index: number): string {
  const model = readLop(file);
  const ops = [...new Set(model.nodes.map(({ op }) => op))].slice(0, 3).join('-');
  const { weights } = lopStatistics(file);
  const largest = weights.toSorted((a, b) => b.params - a.params)[0];
  const stored = largest ? [largest.dtype, largest.positions, largest.values, largest.coding] : [];
  const number = String(index).padStart(2, '0');
  return [number, ops, ...stored].join('-').replace(/[^\w-]+/g, '-');
}

function add(file: Uint8Array, name: string): void {
  if (known.some((golden) => golden.file === `${name}.lop`)) return;
  const model = readLop(file);
  const r = random(known.length + 1);
  const inputs = model.inputs.map((input) => randomValues(model.tensors.get(input)!, r));
  const outputs = runReference(model, inputs);
  writeFileSync(`${folder}/${name}.lop`, file, { flag: 'wx' });
  known.push({
    file: `${name}.lop`,
    sha256: createHash('sha256').update(file).digest('hex'),
    inputs: inputs.map(encodeValues),
    outputs: outputs.map(encodeValues),
  });
}

seedFiles().forEach((file, index) => add(file, nameOf(file, index)));
for (const name of ['mnist-cnn', 'lenet-5'])
  add(new Uint8Array(readFileSync(`models/${name}/model.lop`)), `${name}-0.1.0`);
writeFileSync(table, `${JSON.stringify(known, null, 1)}\n`);
process.stdout.write(`${known.length} files in ${folder}\n`);
