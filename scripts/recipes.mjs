// Runs recipes on real networks and prints what was asked beside what came out.
// usage: npm run recipes -- <name ...> [--write] [--workers n] [--limit n]     the names are those of scripts/rows; exit code 1 where a row falls short
// A row: { row, model, data, recipe, preprocess, quantized, alternate, labelOffset, must, aim }. `model` is a path, or one below ../shared/models;
// `alternate`: of a set of one split every second sample calibrates, and the others test. `must` and `aim`: { accuracy (%), drop (points),
// weights (times fewer), ratio (times smaller than f32), macs (times fewer), minutes }.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runtimeEvaluator } from '../dist/cli/support/evaluate.js';
import { createProgress } from '../dist/cli/support/progress.js';
import { compress, importModel, selectBackend } from '../dist/compress/index.js';
import { lopStatistics } from '../dist/format/index.js';
import { PRESETS } from '../dist/preprocess/index.js';
import { alternate, loadDataset } from '../dist/train/index.js';

const ROOT = new URL('../', import.meta.url).pathname;
const SHARED = new URL('../../shared/', import.meta.url).pathname;
const ROWS = `${ROOT}scripts/rows`;
const OUT = `${ROOT}build/recipes`;
const TARGET = `${ROOT}docs/recipes.md`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean' }, workers: { type: 'string' }, limit: { type: 'string' } },
});
const known = readdirSync(ROWS).map((file) => file.replace('.json', ''));
const unknown = positionals.filter((name) => !known.includes(name));
if (positionals.length === 0 || unknown.length > 0) {
  console.error(`rows: expected some of ${known.join(', ')}, got ${unknown.join(', ') || 'none'}`);
  process.exit(2);
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const located = (path) => (existsSync(`${ROOT}${path}`) ? `${ROOT}${path}` : `${SHARED}models/${path}`);

/** For networks with classes, such as a background, before those of the data set. */
function shiftLabels(data, offset) {
  const shift = (split) => ({ ...split, y: split.y && Int32Array.from(split.y, (label) => label + offset) });
  const labels = [...Array(offset).fill('(none)'), ...data.labels];
  return {
    ...data,
    classes: data.classes + offset,
    labels,
    train: shift(data.train),
    test: shift(data.test),
  };
}

async function openData(row, graph) {
  const preprocessing = PRESETS[row.preprocess];
  const inputShape = graph.tensors.get(graph.inputs[0]).shape;
  const data = await loadDataset(row.data, { dir: `${SHARED}data`, inputShape, preprocessing });
  const shifted = row.labelOffset ? shiftLabels(data, row.labelOffset) : data;
  return row.alternate ? alternate(shifted) : shifted;
}

async function run(row, recipe) {
  const graph = await importModel(located(row.model), { quantized: row.quantized });
  const data = await openData(row, graph);
  const preprocessing = PRESETS[row.preprocess] ?? recipe.preprocessing;
  let bar;
  let phase;
  const onProgress = (progress) => {
    if (progress.phase !== phase) {
      bar?.stop();
      bar = createProgress((phase = progress.phase));
    }
    bar.update(
      progress.done,
      progress.total,
      progress.loss === undefined ? '' : `loss ${progress.loss.toFixed(4)}`,
    );
  };
  const compressed = await compress(graph, preprocessing ? { ...recipe, preprocessing } : recipe, {
    data,
    workers: options.workers && Number(options.workers),
    limit: options.limit && Number(options.limit),
    evaluateFile: runtimeEvaluator,
    checkpoint: { folder: `${OUT}/${row.name}.checkpoint`, resume: true },
    onProgress,
  });
  bar?.stop();
  return compressed;
}

/** What a row's `must` and `aim` speak of. */
function figures({ bytes, report }) {
  const { baseline, final, seconds } = report;
  const { params, kept } = lopStatistics(bytes);
  return {
    dense: 100 * baseline.accuracy,
    accuracy: 100 * final.accuracy,
    drop: 100 * (baseline.accuracy - final.accuracy),
    weights: baseline.params / kept,
    ratio: baseline.dense_f32_bytes / bytes.length,
    macs: baseline.macs / final.macs,
    bytes: bytes.length,
    minutes: seconds / 60,
    params,
  };
}

const ATMOST = new Set(['drop', 'minutes']);
const meets = (asked, found) =>
  Object.entries(asked).every(([key, value]) =>
    ATMOST.has(key) ? found[key] <= value + 1e-9 : found[key] >= value - 1e-9,
  );

const SAYS = {
  accuracy: (value) => `${value} %`,
  drop: (value) => `at most ${value} points below`,
  weights: (value) => `${value}x fewer weights`,
  ratio: (value) => `1/${value} of f32`,
  macs: (value) => `${value}x fewer MACs`,
  minutes: (value) => `${value} min`,
};
const says = (asked = {}) =>
  Object.entries(asked)
    .map(([key, value]) => SAYS[key](value))
    .join(', ');

function measured(found) {
  const { dense, accuracy, weights, ratio, bytes, macs, minutes } = found;
  const fewer = macs > 1.001 ? `, ${macs.toFixed(2)}x fewer MACs` : '';
  return (
    `${dense.toFixed(2)} -> ${accuracy.toFixed(2)} %, ${weights.toFixed(1)}x fewer weights${fewer}, ` +
    `${bytes} B = 1/${ratio.toFixed(1)}, ${minutes.toFixed(1)} min`
  );
}

function outcome(row, found) {
  if (!meets(row.must, found)) return 'no';
  return row.aim && meets(row.aim, found) ? 'yes, and the aim' : 'yes';
}

const line = (cells) => `| ${cells.join(' | ')} |`;

/** Puts the row in the place of its former one in docs/recipes.md, or at the table's end. */
function write(name, cells) {
  const lines = readFileSync(TARGET, 'utf8').split('\n');
  const head = lines.findIndex((text) => text.startsWith('| row |'));
  const end = lines.findIndex((text, i) => i > head && !text.startsWith('|'));
  const old = lines.findIndex((text, i) => i > head && i < end && text.includes(`\`${name}\``));
  if (old >= 0) lines[old] = line(cells);
  else lines.splice(end, 0, line(cells));
  writeFileSync(TARGET, lines.join('\n'));
}

await selectBackend();
mkdirSync(OUT, { recursive: true });
const head = ['row', 'must', 'aim', 'measured', 'met', 'recipe'];
console.log(`${line(head)}\n${line(head.map(() => '---'))}`);
let short = 0;
for (const name of positionals) {
  const row = { name, ...readJson(`${ROWS}/${name}.json`) };
  const compressed = await run(row, readJson(`${ROOT}${row.recipe}`));
  const found = figures(compressed);
  writeFileSync(`${OUT}/${name}.lop`, compressed.bytes);
  writeFileSync(`${OUT}/${name}.json`, JSON.stringify({ name, ...found, report: compressed.report }));
  const met = outcome(row, found);
  const cells = [row.row, says(row.must), says(row.aim), measured(found), met, `\`${name}\``];
  console.log(line(cells));
  if (options.write) write(name, cells);
  if (met === 'no') short++;
}
process.exit(short > 0 ? 1 : 0);
