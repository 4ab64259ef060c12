// Holds the storage bound of DESIGN 4: bytes of .lop files against the entropy of their masks and values, <= 1.10x over all files together.
// usage: npm run bound [-- file.lop ...]     default: the bundled networks, and what npm run recipes left in build/recipes
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileFigures } from '../dist/compress/figures.js';

const LIMIT = 1.1;
const given = process.argv.slice(2);
const root = new URL('..', import.meta.url).pathname;

/** `.lop` files of a folder and the folders in it. */
function filesIn(folder) {
  if (!existsSync(`${root}${folder}`)) return [];
  const names = readdirSync(`${root}${folder}`, { recursive: true }).filter((name) => name.endsWith('.lop'));
  return names.sort().map((name) => `${folder}/${name}`);
}

const files =
  given.length > 0
    ? given
    : [...filesIn('models'), ...filesIn('build/recipes')].map((name) => `${root}${name}`);
if (files.length === 0) throw new Error('bound: expected .lop files, got none');

const rows = files.map((file) => {
  const { file_bytes, weight_bytes, entropy_bound_bytes: bound } = fileFigures(readFileSync(file));
  return { file: relative('.', file), file_bytes, weight_bytes, bound };
});
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
rows.push({
  file: 'all',
  file_bytes: sum('file_bytes'),
  weight_bytes: sum('weight_bytes'),
  bound: sum('bound'),
});

const line = (cells) => `| ${cells.join(' | ')} |`;
const ratio = (bytes, bound) => `${(bytes / bound).toFixed(3)}x`;

/** What is over the limit: the weights' encodings, or what a file holds besides them. */
function why({ file_bytes, weight_bytes, bound }) {
  if (file_bytes <= LIMIT * bound) return '';
  const rest = file_bytes - weight_bytes;
  const over = Math.ceil(file_bytes - LIMIT * bound);
  return weight_bytes <= LIMIT * bound
    ? `${over} B over: ${rest} B of names, shapes, nodes and metadata`
    : `${over} B over: weights themselves, in tensors too small to learn their statistics`;
}

console.log(
  line(['file', 'bytes', 'entropy of mask and values', 'bytes / entropy', 'weights alone', 'above 1.10x']),
);
console.log(line(['---', '---:', '---:', '---:', '---:', '---']));
for (const row of rows) {
  const { file, file_bytes, weight_bytes, bound } = row;
  console.log(
    line([
      file,
      file_bytes,
      Math.ceil(bound),
      ratio(file_bytes, bound),
      ratio(weight_bytes, bound),
      why(row),
    ]),
  );
}
const all = rows.at(-1);
if (all.file_bytes > LIMIT * all.bound) process.exitCode = 1;
