// Accuracy of int8 files without pruning, beside their sources: what the issue asked, and what is measured on ../shared.
// usage: node scripts/accuracy.mjs [--only <part of a name>] [--limit n] [--write]      exit code 1 where a row falls short
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openEngine } from '../dist/cli/against/engine.js';
import { evaluateExecutors } from '../dist/cli/support/evaluate.js';
import { openGraphExecutor, openLopExecutor } from '../dist/cli/support/executor.js';
import { calibrate, importModel, prepareForExport, quantizeGraph, refine } from '../dist/compress/index.js';
import { writeLop } from '../dist/format/index.js';
import { PRESETS } from '../dist/preprocess/index.js';
import { loadDataset, selectBackend } from '../dist/train/index.js';

const SHARED = new URL('../../shared/', import.meta.url).pathname;
const TARGET = new URL('../docs/accuracy.md', import.meta.url);
const DEFAULTS = { calibration: 'minmax', percentile: 99.99, samples: 512, seed: 1 };
const WEIGHTS = { weights: { bits: 8, per: 'channel' }, activations: { bits: 8 }, float: [] };

/**
 * `drop`: points below the source that are allowed; `agreement`: least share of the same classes. `keep`: the model's own int8.
 * `calibration`: samples of the train split; `first`: of a set of one split, its first samples, whose labels nobody reads.
 * `refined`: samples that refine the int8 (`quantize.refine`); `float`: layers that stay f32.
 */
const ROWS = JSON.parse(readFileSync(new URL('accuracy-rows.json', import.meta.url), 'utf8'));

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    limit: { type: 'string' },
    write: { type: 'boolean' },
    percentile: { type: 'string' },
  },
});
const limit = options.limit && Number(options.limit);

/** The row's model as a `.lop`, never pruned. */
async function convert({ path, data, preprocess, keep, first, refined, float = [] }) {
  const source = `${SHARED}models/${path}`;
  const graph = prepareForExport(await importModel(source, { quantized: keep ? 'keep' : 'dequantize' }));

  if (keep) return writeLop(graph);
  const preprocessing = PRESETS[preprocess];
  const inputShape = graph.tensors.get(graph.inputs[0]).shape;
  const set = await loadDataset(data, {
    dir: `${SHARED}data`,
    split: 'train',
    limit: first,
    inputShape,
    preprocessing,
  });
  const choice = options.percentile
    ? { calibration: 'percentile', percentile: Number(options.percentile) }
    : {};
  const ranges = await calibrate(graph, set, { ...DEFAULTS, ...choice, preprocessing });
  const quantized = quantizeGraph(graph, ranges, { ...WEIGHTS, float });
  if (refined) await refine(graph, quantized, set, { samples: refined, seed: 1, preprocessing });
  return writeLop(quantized);
}

/** The source in its own engine, or, where that is absent, its Graph. */
async function openSource(path) {
  const graph = await openGraphExecutor(path);
  try {
    return await openEngine(path, graph);
  } catch (error) {
    process.stderr.write(`${error.message}; its Graph stands for it\n`);
    return { ...graph, name: 'Graph' };
  }
}

async function measure(row) {
  const path = `${SHARED}models/${row.path}`;
  const preprocessing = PRESETS[row.preprocess];
  const lop = await openLopExecutor('.lop', await convert(row));
  const source = await openSource(path);
  const { inputShape } = source;
  const data = await loadDataset(row.data, {
    dir: `${SHARED}data`,
    split: 'test',
    inputShape,
    preprocessing,
  });
  const executors = [source, lop].map((executor) => ({ ...executor, preprocessing }));
  const labelOffset = row.labelOffset ?? 0;
  const { evaluations, agreement, differences } = await evaluateExecutors(executors, data, {
    limit,
    labelOffset,
  });
  executors.forEach(({ dispose }) => dispose());
  const [from, to] = evaluations.map(({ accuracy }) => 100 * accuracy);
  const met = from - to <= row.drop + 1e-9 && agreement >= (row.agreement ?? 0);
  return {
    ...row,
    engine: source.name,
    measured: { from, to, agreement, count: evaluations[0].count, difference: differences[0] },
    met,
  };
}

function asked({ drop, agreement, keep }) {
  const points = keep && drop <= 0.1 ? `within ${drop} points` : `at most ${drop} points below`;
  return agreement ? `${points}, agreement at least ${100 * agreement} %` : points;
}

const cells = ({ measured: { from, to, agreement, count }, ...row }) => [
  row.name,
  `${from.toFixed(2)} % (${row.engine})`,
  `${to.toFixed(2)} %`,
  asked(row),
  `${(to - from).toFixed(2)} points, agreement ${(100 * agreement).toFixed(2)} %`,
  `${count} of ${row.data}`,
  row.met ? 'yes' : 'no',
];

await selectBackend();
const results = [];
const line = (all) => `| ${all.join(' | ')} |`;
const head = ['model', 'source', 'int8 .lop', 'asked', 'measured', 'samples', 'met'];
console.log(`${line(head)}\n${line(head.map(() => '---'))}`);
for (const row of ROWS.filter(({ name }) => name.includes(options.only))) {
  const result = await measure(row).catch((error) => ({ ...row, error }));
  results.push(result);
  console.log(
    result.error
      ? line([row.name, '', '', asked(row), result.error.message.split('\n')[0], '', 'no'])
      : line(cells(result)),
  );
}
if (options.write) {
  const text = readFileSync(TARGET, 'utf8');
  const table = [line(head), line(head.map(() => '---')), ...results.map((row) => line(cells(row)))].join(
    '\n',
  );
  writeFileSync(TARGET, text.replace(/\| model \|[\s\S]*?\n\n/, `${table}\n\n`));
}
process.exit(results.every(({ met }) => met) ? 0 : 1);
