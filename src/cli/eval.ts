import { Option, type Command } from 'commander';
import { openData, randomData } from './support/data.js';
import { evaluateExecutors, preprocessingFor, type Compared } from './support/evaluate.js';
import { isLop, openExecutor, type Executor } from './support/executor.js';
import { UsageError } from './support/errors.js';
import type { ForeignOptions } from './support/import-foreign.js';
import { interruptible } from './support/interrupt.js';
import { compareLayers, type LayerDifference } from './support/layers.js';
import {
  createCommand,
  foreignOptions,
  foreignOptionsOf,
  preprocessOption,
  wholeNumber,
  type ForeignFlags,
} from './support/options.js';
import { note, percent, print, printJson, table } from './support/output.js';
import { readPreprocessing } from './support/preprocessing.js';
import { createProgress } from './support/progress.js';
import type { Dataset } from '../train/index.js';

interface Options extends ForeignFlags {
  data?: string;
  random?: number;
  seed: number;
  limit?: number;
  against?: string;
  preprocess?: string;
  labelOffset?: number;
  layers?: boolean;
  json?: boolean;
}

/** The model; against a `.lop`, that; against a foreign model, its own engine and its Graph. */
async function openAll(
  model: string,
  against: string | undefined,
  foreign: ForeignOptions,
): Promise<Executor[]> {
  const first = await openExecutor(model, foreign);
  if (against === undefined) return [first];
  if (isLop(against)) return [first, await openExecutor(against)];
  const { openEngine } = await import('./against/engine.js');
  const graph = against === model ? first : await openExecutor(against, foreign);
  const graphs = [{ ...graph, name: 'Graph' }];
  const own = against === model ? [] : [first];
  try {
    return [await openEngine(against, graph, foreign), ...graphs, ...own];
  } catch (error) {
    note(`${(error as Error).message}; comparing with the Graph alone`);
    return [...graphs, ...own];
  }
}

/** What all are given, where the command says. */
async function prepared(executors: Executor[], preprocess: string | undefined): Promise<Executor[]> {
  const preprocessing = preprocess
    ? await readPreprocessing(preprocess)
    : executors.find((executor) => executor.preprocessing)?.preprocessing;
  return executors.map((executor) => ({
    ...executor,
    preprocessing: preprocess ? preprocessing : (executor.preprocessing ?? preprocessing),
  }));
}

function openSamples(
  options: Options,
  [{ inputShape, preprocessing }]: Executor[],
  signal: AbortSignal,
): Promise<Dataset> {
  if (options.random !== undefined) return randomData(inputShape, options.random, options.seed);
  if (options.data === undefined)
    throw new UsageError(
      '--data: expected a set to measure on, got nothing; pass --data mnist, a folder, or --random 8',
    );
  return openData(options.data, { split: 'test', inputShape, preprocessing, signal });
}

/** Plain loops take seconds a sample. */
const SLOW_SAMPLES = 16;

function limitFor(executors: readonly Executor[], { test }: Dataset): number | undefined {
  const slow = executors.find(({ isSlow }) => isSlow);
  if (!slow || test.count <= SLOW_SAMPLES) return undefined;
  note(
    `${slow.name}: int8 of the model's own runs in plain loops, so ${SLOW_SAMPLES} samples; --limit says otherwise`,
  );
  return SLOW_SAMPLES;
}

/** A network that begins with a class for the background has one class more than ImageNet's 1000. */
function offsetFor({ labelOffset }: Options, data: Dataset, outputs: number): number {
  if (labelOffset !== undefined) return labelOffset;
  const background = outputs === 1001 && data.classes <= 1000 && data.test.y !== undefined;
  if (background) note('1001 outputs: class 0 is taken as the background; --label-offset 0 says otherwise');
  return background ? 1 : 0;
}

/** The first sample's layers: each two neighbours of the list. */
async function layersOf(executors: Executor[], data: Dataset): Promise<LayerDifference[]> {
  const { Batcher } = await import('../train/index.js');
  const rows: LayerDifference[] = [];
  for (let i = 1; i < executors.length; i++) {
    const [a, b] = [executors[i - 1], executors[i]];
    const preprocessing = await preprocessingFor(a, data);
    const batcher = new Batcher(data.test, { batch: 1, preprocessing, inputShape: data.inputShape });
    const { x } = await batcher.at(0);
    const found = await compareLayers(
      a,
      b,
      x.slice(),
      [a, b].some(({ name }) => isLop(name)),
    );
    if (found.length === 0) note(`${a.name} and ${b.name}: no layer that both name`);
    rows.push(...found);
  }
  return rows;
}

async function run(model: string, options: Options): Promise<void> {
  const { against, preprocess, limit, json } = options;
  const progress = createProgress('evaluating');
  let executors: Executor[] = [];
  try {
    executors = await prepared(await openAll(model, against, foreignOptionsOf(options)), preprocess);
    const { data, ...found } = await interruptible(
      () => 'run the same command again',
      async (signal) => {
        const samples = await openSamples(options, executors, signal);
        const labelOffset = offsetFor(options, samples, await outputsOf(executors[0]));
        const all = {
          limit: limit ?? limitFor(executors, samples),
          labelOffset,
          signal,
          onProgress: progress.update,
        };
        return { data: samples, ...(await evaluateExecutors(executors, samples, all)) };
      },
    );
    const layers = options.layers ? await layersOf(executors, data) : undefined;
    progress.stop();
    if (json) printJson(report(found, executors.length, layers));
    else printReport(found, executors, data, layers);
  } finally {
    progress.stop();
    for (const executor of executors) executor.dispose();
  }
}

/** Values of the first output for one sample. */
async function outputsOf({ inputShape, predict }: Executor): Promise<number> {
  const size = inputShape.reduce((product, dim) => product * dim, 1);
  return (await predict(new Float32Array(size), 1))[0].length;
}

function report(
  { evaluations, agreement, differences, count }: Compared,
  executors: number,
  layers?: LayerDifference[],
) {
  const own = evaluations?.[0];
  return {
    metric: 'accuracy',
    value: own?.accuracy ?? null,
    count,
    top5: own?.top5 ?? null,
    agreement: executors > 1 ? agreement : null,
    against: differences,
    ...(layers && { layers }),
  };
}

const short = (value: number): string => (value === 0 ? '0' : value.toExponential(1));

function printReport(
  { evaluations, agreement, differences, count }: Compared,
  executors: readonly Executor[],
  data: Dataset,
  layers?: LayerDifference[],
): void {
  if (evaluations) {
    const rows = evaluations.map((one, i) => [executors[i].name, percent(one.accuracy), percent(one.top5)]);
    print(table(['model', 'accuracy', 'top 5'], rows));
  }
  print(`${count} test samples of ${data.name}`);
  if (executors.length > 1) print(`the same class for ${percent(agreement)} of them`);
  if (differences.length > 0) {
    const rows = differences.map((one) => [
      `${one.a} - ${one.b}`,
      ...[one.max, one.mean, one.max_relative, one.mean_relative].map(short),
      percent(one.agreement),
    ]);
    print('', table(['difference', 'max', 'mean', 'max, relative', 'mean, relative', 'same class'], rows));
  }
  if (layers) printLayers(layers);
}

function printLayers(layers: readonly LayerDifference[]): void {
  const pairs = new Set(layers.map(({ a, b }) => `${a} - ${b}`));
  for (const pair of pairs) {
    const own = layers.filter(({ a, b }) => `${a} - ${b}` === pair);
    const rows = own.map(({ name, until, max, mean, max_relative, jump }) => [
      until === undefined ? name : `${name} .. ${until}`,
      ...[max, mean, max_relative].map(short),
      jump ? '<- look here' : '',
    ]);
    print('', pair, table(['layer', 'max', 'mean', 'max, relative', ''], rows));
    const jump = own.find((row) => row.jump);
    print(jump ? `the difference jumps at ${jump.name}` : 'no layer stands out');
  }
}

export function evalCommand(): Command {
  const command = createCommand(
    'eval <model>',
    'accuracy of a model or a .lop file, and how far it is from another',
    [
      'lopper eval digits.lop --data mnist --limit 1000',
      'lopper eval digits.lop --data mnist --against models/mnist-cnn/dense/model.json --layers',
      'lopper eval model.onnx --against model.onnx --random 8',
    ],
  )
    .option(
      '--data <set>',
      'a name (mnist, cifar10), a folder or an .npz; without labels the agreement alone is measured',
    )
    .addOption(
      new Option('--random <n>', 'n samples of noise instead').argParser(wholeNumber(1)).conflicts('data'),
    )
    .option('--seed <n>', 'of the noise', wholeNumber(0), 1)
    .option('--limit <n>', 'only the first n test samples', wholeNumber(1))
    .option('--against <model>', 'a .lop, or a foreign model: its own engine and its Graph')
    .option('--layers', 'compare the first sample layer by layer')
    .option(
      '--label-offset <n>',
      'added to the classes of the set: 1 where class 0 is the background',
      wholeNumber(0),
    );
  return foreignOptions(preprocessOption(command)).action(run);
}
