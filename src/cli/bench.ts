import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type {
  BenchModel,
  BenchProfile,
  BenchRatio,
  BenchReport,
  BenchRow,
  BenchSource,
  ContestOptions,
  PeerName,
} from '../bench/index.js';
import {
  architectureModels,
  blocks,
  names,
  sparsities,
  type ArchitectureOptions,
} from './bench-architectures.js';
import type { LopModel } from '../format/index.js';
import { PEER_NAMES } from '../bench/peers/names.js';
import { UsageError } from './support/errors.js';
import { interruptible } from './support/interrupt.js';
import { preprocessingOf } from './support/preprocessing.js';
import { openData } from './support/data.js';
import { createCommand, someOf, wholeNumber, wholeNumbers } from './support/options.js';
import { bytes, duration, note, percent, print, printJson, table } from './support/output.js';
import { createProgress } from './support/progress.js';
import { importForeign } from './support/import-foreign.js';

interface Options extends Omit<ArchitectureOptions, 'arch'> {
  arch?: string[];
  against?: PeerName[];
  runs: number;
  /** In seconds. */
  budget: number;
  profile?: boolean;
  browser?: boolean;
  threads: number[];
  batch: number;
  build: 'auto' | 'simd128' | 'relaxed-simd';
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
  const preprocessing = (await preprocessingOf(readLop(model).metadata)) ?? set.preprocessing;
  return (await new Batcher(test, { batch: 1, preprocessing, inputShape }).at(0)).x;
}

/** The file's own graph where it is int8: what a runtime without sparsity would run of it. */
async function int8Form(content: Uint8Array): Promise<LopModel | undefined> {
  const { readLop } = await import('../format/index.js');
  const graph = readLop(content);
  return graph.nodes.some(({ op }) => op === 'quantize') ? graph : undefined;
}

async function openModel(file: string, { dense, data }: Options): Promise<BenchModel> {
  const content = await readFile(file);
  const original = await openDense(file, dense);
  return {
    name: nameOf(file),
    files: [{ bytes: content }],
    dense: original && { ...original, int8: await int8Form(content) },
    input: data === undefined ? undefined : await firstSample(content, data),
  };
}

const HEAD =
  'model,runtime,type,sparsity,block,threads,median,min,p95,load,first,memory,to fastest web'.split(',');

function cells(row: BenchRow, ratios: readonly BenchRatio[]): string[] {
  const keys = ['model', 'dtype', 'sparsity', 'block', 'threads'] as const;
  const ratio =
    row.runtime === 'lopper'
      ? ratios.find((one) => one.against === 'fastest-web' && keys.every((key) => one[key] === row[key]))
      : undefined;
  const times = [row.median_ms, row.min_ms, row.p95_ms].map((ms) => duration(ms / row.batch));
  return [
    row.model,
    row.runtime,
    row.dtype,
    percent(row.sparsity, 1),
    row.block,
    String(row.threads),
    ...times,
    duration(row.load_ms),
    duration(row.first_ms),
    bytes(row.peak_bytes),
    ratio ? `${ratio.ratio.toFixed(2)}x` : '',
  ];
}

function printReport({ machine, engine, results, ratios }: BenchReport): void {
  const [{ batch }] = results;
  const samples = [...new Set(results.map(({ runs }) => runs))].sort((a, b) => a - b).join(' or ');
  const per = batch > 1 ? `; times per sample in batches of ${batch}` : '';
  print(
    machine,
    `${engine}; medians of ${samples} samples, interleaved${per}`,
    '',
    table(
      HEAD,
      results.map((row) => cells(row, ratios)),
    ),
  );
}

function printProfile({ model, dtype, sparsity, block, layers }: BenchProfile): void {
  const rows = layers.map(({ name, op, shape, ms, share, gops, weights, kept, unpacked_bytes }) => [
    name,
    op,
    shape.join('x'),
    duration(ms),
    percent(share, 1),
    gops > 0 ? gops.toFixed(1) : '',
    weights > 0 ? percent(kept / weights, 1) : '',
    unpacked_bytes > 0 ? bytes(unpacked_bytes) : '',
  ]);
  const head = ['layer', 'operator', 'output', 'time', 'share', 'GOP/s', 'kept', 'unpacked'];
  const total = layers.reduce((sum, { ms }) => sum + ms, 0);
  print(
    '',
    `${model}, ${dtype}, ${percent(sparsity, 1)} sparse in ${block}: ${duration(total)} node by node`,
    table(head, rows),
  );
}

/** What is to be timed: files, or architectures with random weights. */
async function openAll(files: string[], options: Options): Promise<BenchSource[]> {
  if (options.arch) {
    if (files.length > 0)
      throw new UsageError(`--arch: expected no files beside it, got ${files.join(', ')}`);
    return architectureModels({ ...options, arch: options.arch });
  }
  if (files.length === 0) throw new UsageError('bench: expected .lop files or --arch, got neither');
  const models: BenchModel[] = [];
  for (const file of files) models.push(await openModel(file, options));
  return models;
}

async function run(files: string[], options: Options): Promise<void> {
  const progress = createProgress('timing');
  try {
    const models = await openAll(files, options);
    const { allowBuild, bench, withBrowser } = await import('../bench/index.js');
    if (!options.browser) allowBuild(options.build);
    const report = await interruptible(
      () => 'run the same command again',
      (signal) => {
        const contest: ContestOptions = {
          against: options.against,
          runs: options.runs,
          budgetMs: 1000 * options.budget,
          profile: options.profile,
          build: options.build,
          threads: options.threads,
          batch: options.batch,
          signal,
          onWarning: note,
          onProgress: (model, done, total) => progress.update(done, total, model),
        };
        return options.browser
          ? withBrowser((run) => bench(models, contest, run), signal)
          : bench(models, contest);
      },
    );
    progress.stop();
    if (options.json) printJson(report);
    else {
      printReport(report);
      report.profiles?.forEach(printProfile);
    }
  } finally {
    progress.stop();
  }
}

export function benchCommand(): Command {
  return createCommand(
    'bench [file...]',
    'latency of .lop files, and of their dense originals on other runtimes',
    [
      'lopper bench models/mnist-cnn/model.lop --against tfjs-wasm,ort-web',
      'lopper bench --arch mobilenet-v1-1.0-224 --sparsity 0,0.8,0.9 --block 2x2 --against tfjs-wasm,ort-web',
      'lopper bench --arch resnet-8,ds-cnn --sparsity 0.9 --block 2x2,1x1 --profile',
      'lopper bench --arch ds-cnn --against tfjs-wasm,ort-web-int8 --browser',
    ],
  )
    .option('--against <runtimes>', `other runtimes: ${PEER_NAMES.join(', ')}`, someOf(PEER_NAMES))
    .option('--runs <n>', 'samples a runtime', wholeNumber(1), 50)
    .option(
      '--budget <s>',
      'fewer samples, but at least 9, where a network takes longer than this',
      wholeNumber(1),
      60,
    )
    .option('--threads <numbers>', 'of Lopper; the other runtimes have one', wholeNumbers(1), [1])
    .option('--batch <n>', 'samples a run, of every runtime', wholeNumber(1), 1)
    .option('--browser', "in a headless Chromium: $CHROMIUM, or the system's")
    .option('--profile', "each layer's time, GOP/s and bytes")
    .addOption(
      new Option('--build <build>', 'of the runtime')
        .choices(['auto', 'simd128', 'relaxed-simd'])
        .default('auto'),
    )
    .option('--dense <model.json>', 'the dense original (default: dense/model.json beside the file)')
    .option('--data <set>', 'time on the first test sample of this set (default: noise)')
    .option('--arch <names>', 'architectures with random weights in place of files; all: every one', names)
    .option('--sparsity <numbers>', 'with --arch: of the prunable weights, 0 is dense', sparsities, [0, 0.9])
    .option('--block <blocks>', 'with --arch: outputs x inputs', blocks, [[2, 2]])
    .option(
      '--dtype <types>',
      'with --arch: int8, f32; int7: int8 whose activations behind a relu have 7 bits',
      someOf(['int8', 'int7', 'f32']),
      ['int8'],
    )
    .option('--seed <n>', 'with --arch: of weights and input', wholeNumber(0), 1)
    .option('--save <folder>', 'with --arch: also write the .lop files')
    .action(run);
}
