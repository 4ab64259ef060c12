import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { BenchModel, BenchReport, BenchRow, PeerName } from '../bench/index.js';
import { interruptible } from './support/interrupt.js';
import { preprocessingOf } from './support/executor.js';
import { openData } from './support/data.js';
import { createCommand, someOf, wholeNumber } from './support/options.js';
import { bytes, duration, note, percent, print, printJson, table } from './support/output.js';
import { createProgress } from './support/progress.js';
import { importForeign } from './support/import-foreign.js';

interface Options {
  against?: PeerName[];
  runs: number;
  dense?: string;
  data?: string;
  json?: boolean;
}

/** `models/mnist-cnn/model.lop` is called `mnist-cnn`. */
function nameOf(file: string): string {
  const name = basename(file, '.lop');
  return name === 'model' ? basename(dirname(resolve(file))) : name;
}

/** The dense original of a file: as given, or `dense/model.json` beside it. */
async function openDense(file: string, given?: string): Promise<BenchModel['dense']> {
  const path = resolve(given ?? join(dirname(file), 'dense', 'model.json'));
  if (!given && !existsSync(path)) return undefined;
  return { path, graph: await importForeign(path) };
}

/** The set's first test sample, as the model takes it. */
async function firstSample(model: Uint8Array, data: string): Promise<Float32Array> {
  const [{ readLop }, { Batcher }] = await Promise.all([
    import('../format/index.js'),
    import('../train/index.js'),
  ]);
  const { test, inputShape, ...set } = await openData(data, { split: 'test' });
  const preprocessing = preprocessingOf(readLop(model).metadata) ?? set.preprocessing;
  return new Batcher(test, { batch: 1, preprocessing, inputShape }).at(0).x;
}

async function openModel(file: string, { dense, data }: Options): Promise<BenchModel> {
  const content = await readFile(file);
  return {
    name: nameOf(file),
    bytes: content,
    dense: await openDense(file, dense),
    input: data === undefined ? undefined : await firstSample(content, data),
  };
}

function cells(row: BenchRow): string[] {
  const times = [row.median_ms, row.min_ms, row.p95_ms, row.load_ms, row.first_ms].map(duration);
  return [
    row.model,
    row.runtime,
    row.dtype,
    percent(row.sparsity, 1),
    row.block,
    ...times,
    bytes(row.peak_bytes),
  ];
}

function printReport({ machine, engine, results, ratios }: BenchReport): void {
  const head = [
    'model',
    'runtime',
    'type',
    'sparsity',
    'block',
    'median',
    'min',
    'p95',
    'load',
    'first',
    'memory',
  ];
  print(
    machine,
    `${engine}; one thread; medians of ${results[0].runs} samples, interleaved`,
    '',
    table(head, results.map(cells)),
  );
  for (const { model, against, ratio } of ratios)
    print(`${model}: ${ratio.toFixed(2)}x as fast as ${against}`);
}

async function run(files: string[], options: Options): Promise<void> {
  const progress = createProgress('timing');
  try {
    const { bench } = await import('../bench/index.js');
    const models: BenchModel[] = [];
    for (const file of files) models.push(await openModel(file, options));
    const report = await interruptible(
      () => 'run the same command again',
      (signal) =>
        bench(models, {
          against: options.against,
          runs: options.runs,
          signal,
          onWarning: note,
          onProgress: (model, done, total) => progress.update(done, total, model),
        }),
    );
    progress.stop();
    if (options.json) printJson(report);
    else printReport(report);
  } finally {
    progress.stop();
  }
}

export function benchCommand(): Command {
  return createCommand(
    'bench <file...>',
    'latency of .lop files, and of their dense originals on other runtimes',
    ['lopper bench models/mnist-cnn/model.lop --against tfjs-wasm,ort-web'],
  )
    .option('--against <runtimes>', 'other runtimes: tfjs-wasm, ort-web', someOf(['tfjs-wasm', 'ort-web']))
    .option('--runs <n>', 'samples a runtime', wholeNumber(1), 50)
    .option('--dense <model.json>', 'the dense original (default: dense/model.json beside the file)')
    .option('--data <set>', 'time on the first test sample of this set (default: noise)')
    .action(run);
}
