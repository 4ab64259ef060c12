// Every criterion on the same network at the same sparsity: pruned at once, and fine-tuned with the same budget.
// usage: npm run criteria -- <lenet-300-100|resnet8> [--train n] [--test n] [--samples n] [--only taylor,wanda] [--fresh] [--write]
// What is done is kept in build/criteria/<network>.json after each row, so that a run that was cut off goes on; --fresh begins anew.
// --train, --test, --samples take the first samples only; --write puts the table into docs/recipes.md.
import { mkdirSync, readFileSync, existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { importModel, selectBackend } from '../dist/compress/index.js';
import { criteria } from '../dist/compress/prune/index.js';
import { reestimateBatchNorm } from '../dist/compress/one-shot/index.js';
import { parseRecipe } from '../dist/compress/recipe.js';
import { Recovery } from '../dist/compress/recover/recovery.js';
import { cleanUp } from '../dist/passes/index.js';
import { PRESETS } from '../dist/preprocess/index.js';
import { evaluate, loadDataset, takeFirst } from '../dist/train/index.js';

const ROOT = new URL('../', import.meta.url).pathname;
const SHARED = new URL('../../shared/', import.meta.url).pathname;
const OUT = `${ROOT}build/criteria`;
const TARGET = `${ROOT}docs/recipes.md`;

/** Networks; `outputs`: the part of whole neurons or channels that goes, with which about 90 % of the weights have no effect. */
const NETWORKS = {
  'lenet-300-100': {
    title: 'LeNet-300-100, MNIST',
    model: `${ROOT}models/lenet-300-100/dense/model.json`,
    data: 'mnist',
    preprocess: 'unit',
    elements: 0.9,
    outputs: 0.9,
    recover: {
      epochs: 1,
      batch: 128,
      optimizer: { type: 'adam', learningRate: 0.001 },
      learningRateSchedule: { type: 'cosine' },
    },
  },
  resnet8: {
    title: 'ResNet-8, CIFAR-10',
    model: `${SHARED}models/resnet8-cifar10/pretrainedResnet.h5`,
    data: 'cifar10',
    preprocess: 'none',
    train: 10000,
    elements: 0.9,
    outputs: 0.68,
    // Shortcuts, which have no batch norm.
    denseOutputs: ['conv2d_5', 'conv2d_8'],
    recover: {
      epochs: 1,
      batch: 64,
      optimizer: { type: 'adam', learningRate: 0.001 },
      learningRateSchedule: { type: 'cosine' },
      augment: { flip: true },
    },
  },
};

/** Of elements these say what magnitude says. */
const LIKE_MAGNITUDE = ['l2', 'max-norm'];
/** Beside the criteria that score whole outputs. */
const OF_OUTPUTS_TOO = ['random', 'magnitude', 'l2', 'max-norm', 'taylor', 'fisher'];

function rowsOf(only) {
  const names = Object.keys(criteria);
  const elements = names.filter((name) => !criteria[name].ofOutputs && !LIKE_MAGNITUDE.includes(name));
  const outputs = names.filter((name) => criteria[name].ofOutputs || OF_OUTPUTS_TOO.includes(name));
  const rows = [
    ...elements.flatMap((criterion) =>
      // LAMP is made for one cut of all layers, and orders a layer as magnitude does.
      (criterion === 'lamp' ? ['global'] : ['layer', 'global']).map((scope) => ({ criterion, scope })),
    ),
    ...outputs.map((criterion) => ({ criterion, scope: 'layer', unit: 'neuron' })),
  ];
  return only ? rows.filter(({ criterion }) => only.split(',').includes(criterion)) : rows;
}

const keyOf = ({ criterion, scope, unit = 'element' }) => `${criterion} ${unit} ${scope}`;

/** One row: accuracies in %, absent where the criterion has none. */
async function measure(row, { graph, data, network, samples }) {
  const started = Date.now();
  const sparsity = row.unit ? network.outputs : network.elements;
  const dense = row.unit ? (network.denseOutputs ?? []) : [];
  const prune = { ...row, sparsity, samples, dense };
  const result = {};
  try {
    if (row.criterion !== 'movement') result.oneShot = await accuracyOf({ prune }, { graph, data });
    // Movement first has to see weights move: half of the budget before the cut, half behind it.
    const begin = row.criterion === 'movement' ? network.recover.epochs / 2 : 0;
    const trained = { prune: { ...prune, schedule: { type: 'constant', begin } }, recover: network.recover };
    result.tuned = await accuracyOf(trained, { graph, data });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    result.fault = error.message;
  }
  return { ...result, seconds: (Date.now() - started) / 1000 };
}

async function accuracyOf(json, { graph, data }) {
  const recipe = parseRecipe({ seed: 1, ...json });
  const nothing = { save: async () => {} };
  const context = { recipe, data, source: graph, workers: 1, checkpoint: nothing, record: () => {} };
  const pruned = await new Recovery(graph, context).run();
  const norms = await reestimateBatchNorm(pruned, data, { samples: 512, seed: 1 });
  return 100 * (await evaluate(norms, data)).accuracy;
}

const number = (value) => (value === undefined ? '–' : value.toFixed(2));
const line = (cells) => `| ${cells.join(' | ')} |`;

function table(network, { dense, rows }) {
  const head = ['criterion', 'one-shot, each layer', 'fine-tuned', 'one-shot, global', 'fine-tuned'];
  const wide = (unit) => [
    ...new Set(rows.filter((row) => (row.unit ?? 'element') === unit).map((row) => row.criterion)),
  ];
  const cells = (criterion, unit, scope) => {
    const row = rows.find((each) => keyOf(each) === keyOf({ criterion, unit, scope }));
    return [number(row?.oneShot), number(row?.tuned)];
  };
  const part = (unit, title) => [
    line([`**${title}**`, '', '', '', '']),
    ...wide(unit).map((criterion) =>
      line([`\`${criterion}\``, ...cells(criterion, unit, 'layer'), ...cells(criterion, unit, 'global')]),
    ),
  ];
  return [
    `${network.title}, dense ${number(dense)} %; accuracy in % of all test samples:`,
    '',
    line(head),
    line(head.map(() => '---')),
    ...part('element', `elements, ${100 * network.elements} %`),
    ...part('neuron', `neurons or channels, ${100 * network.outputs} %`),
  ].join('\n');
}

/** Puts the table between its marks in docs/recipes.md. */
function write(name, text) {
  const [begin, end] = [`<!-- criteria: ${name} -->`, '<!-- end -->'];
  const page = readFileSync(TARGET, 'utf8');
  const from = page.indexOf(begin) + begin.length;
  if (from < begin.length) throw new Error(`${TARGET}: expected the mark ${begin}, found none`);
  const to = page.indexOf(end, from);
  writeFileSync(TARGET, `${page.slice(0, from)}\n\n${text}\n\n${page.slice(to)}`);
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    train: { type: 'string' },
    test: { type: 'string' },
    samples: { type: 'string' },
    only: { type: 'string' },
    fresh: { type: 'boolean' },
    write: { type: 'boolean' },
  },
});
const [name] = positionals;
const network = NETWORKS[name];
if (!network) {
  console.error(`network: expected one of ${Object.keys(NETWORKS).join(', ')}, got ${name ?? 'none'}`);
  process.exit(2);
}

await selectBackend();
mkdirSync(OUT, { recursive: true });
const graph = cleanUp(await importModel(network.model));
const inputShape = graph.tensors.get(graph.inputs[0]).shape;
const preprocessing = PRESETS[network.preprocess];
const whole = await loadDataset(network.data, { dir: `${SHARED}data`, inputShape, preprocessing });
const first = (split, limit) => takeFirst(split, limit && Number(limit));
const data = {
  ...whole,
  train: first(whole.train, options.train ?? network.train),
  test: first(whole.test, options.test),
};
const samples = Number(options.samples ?? 512);

const settings = `${data.train.count} ${data.test.count} ${samples}`;
const file = `${OUT}/${name}.json`;
const kept = existsSync(file) && !options.fresh ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
const done = kept?.settings === settings ? kept : { settings, rows: [] };
done.dense ??= 100 * (await evaluate(graph, data)).accuracy;
for (const row of rowsOf(options.only)) {
  if (done.rows.some((each) => keyOf(each) === keyOf(row))) continue;
  const result = { ...row, ...(await measure(row, { graph, data, network, samples })) };
  done.rows.push(result);
  writeFileSync(file, JSON.stringify(done, null, 2));
  const { oneShot, tuned, fault = '', seconds } = result;
  console.error(`${keyOf(row)}: ${number(oneShot)} ${number(tuned)} ${fault} (${seconds.toFixed(1)} s)`);
}
const text = table(network, done);
console.log(text);
if (options.write) write(name, text);
