import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { CompressReport } from '../compress/index.js';
import { checkpointOf, compressFile } from './support/compress-file.js';
import { UsageError } from './support/errors.js';
import { interruptible } from './support/interrupt.js';
import { defaultOut } from './support/files.js';
import {
  createCommand,
  foreignOptions,
  foreignOptionsOf,
  preprocessOption,
  wholeNumber,
  type ForeignFlags,
} from './support/options.js';
import { bytes, duration, percent, print, printJson } from './support/output.js';

interface Options extends ForeignFlags {
  recipe: string;
  data?: string;
  out?: string;
  preprocess?: string;
  resume?: boolean;
  limit?: number;
  workers?: number;
  report?: string;
  events?: string;
  measure?: number;
  json?: boolean;
}

function printReport(out: string, { baseline, final, file_bytes, sparsity, seconds }: CompressReport): void {
  const times = (baseline.dense_f32_bytes / file_bytes).toFixed(1);
  print(
    `${out}: ${bytes(file_bytes)}, 1/${times} of the f32 weights' ${bytes(baseline.dense_f32_bytes)}`,
    `sparsity  ${percent(sparsity)} of all kernels`,
    final.accuracy === undefined
      ? `agreement ${percent(final.agreement ?? 0)} with the original, on ${final.count} samples without labels`
      : `accuracy  ${percent(baseline.accuracy ?? 0)} dense, ${percent(final.accuracy)} compressed, on ${final.count} test samples`,
    `time      ${duration(1000 * seconds)}`,
  );
}

async function run(model: string, options: Options): Promise<void> {
  const { recipe, data, preprocess, resume, limit, workers, measure, json } = options;
  const report = { page: options.report, events: options.events };
  if (data === undefined)
    throw new UsageError(
      '--data: expected the set to train and measure on, got nothing; pass --data mnist or a folder',
    );
  const foreign = foreignOptionsOf(options);
  const out = options.out ?? defaultOut(model);
  const again = process.argv.slice(2).filter((word) => word !== '--resume');
  const advice = (): string =>
    existsSync(checkpointOf(out))
      ? `the training so far is in ${checkpointOf(out)}; go on with: lopper ${again.join(' ')} --resume`
      : 'nothing was trained yet; run the same command again';
  const done = await interruptible(advice, (signal) =>
    compressFile({
      model,
      recipe,
      data,
      out,
      preprocess,
      foreign,
      resume,
      limit,
      workers,
      measureStages: measure,
      report,
      signal,
    }),
  );
  if (json) printJson(done);
  else printReport(out, done);
}

export function compressCommand(): Command {
  const command = createCommand('compress <model>', 'prune, recover, quantize and write a .lop file', [
    'lopper compress models/mnist-cnn/dense/model.json --recipe models/mnist-cnn/recipe.json --data mnist -o digits.lop',
  ])
    .requiredOption('--recipe <file>', 'what to do, as JSON')
    .option('--data <set>', 'a name (mnist, cifar10) or a folder; labels are needed for training')
    .option('-o, --out <file>', "where to write (default: the model's name, .lop)")
    .option('--resume', 'go on where a stopped run left off')
    .option('--limit <n>', 'measure on the first n test samples only', wholeNumber(1))
    .option('--workers <n>', 'threads that train, each on its part of a batch (default: 1)', wholeNumber(1))
    .option('--report <file>', 'write a page of figures, plots and masks: report.html')
    .option('--events <folder>', 'write loss, accuracy, learning rate, sparsity and weights for TensorBoard')
    .option('--measure <n>', 'measure the network after each stage, on n test samples', wholeNumber(1));
  return foreignOptions(preprocessOption(command)).action(run);
}
