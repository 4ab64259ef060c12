import type { Command } from 'commander';
import { serveQueue } from './queue/worker.js';
import { openSite } from './search/site.js';
import { Threads, usualThreads } from './search/threads.js';
import { UsageError } from './support/errors.js';
import { interruptible } from './support/interrupt.js';
import {
  createCommand,
  foreignOptions,
  foreignOptionsOf,
  preprocessOption,
  wholeNumber,
  type ForeignFlags,
} from './support/options.js';
import { bytes, duration, note, percent } from './support/output.js';
import { readPreprocessing } from './support/preprocessing.js';

interface Options extends ForeignFlags {
  queue: string;
  data?: string;
  preprocess?: string;
  workers: number;
  patience: number;
}

async function run(model: string, options: Options): Promise<void> {
  const { queue: address, data, workers: threads, patience } = options;
  if (data === undefined)
    throw new UsageError(
      '--data: expected the set of the search, got nothing; pass --data mnist or a folder',
    );
  const preprocessing = options.preprocess ? await readPreprocessing(options.preprocess) : undefined;
  const siteOptions = { model, data, preprocessing, foreign: foreignOptionsOf(options) };
  await interruptible(
    () => 'what it worked on is back in the queue',
    async (signal) => {
      const { identity } = await openSite(siteOptions, signal);
      const runner = new Threads(siteOptions, threads);
      await serveQueue({
        address,
        own: { identity, model, data },
        runner,
        threads,
        patience,
        signal,
        onNote: note,
        onDone: (outcome) =>
          note(
            'failed' in outcome
              ? `failed: ${outcome.failed}`
              : `${bytes(outcome.bytes)}, ${percent(outcome.accuracy)}, ${duration(1000 * outcome.seconds)}`,
          ),
      });
    },
  );
}

export function workerCommand(): Command {
  const command = createCommand(
    'worker <model>',
    'carry out trials of lopper search --queue on this machine',
    ['lopper worker models/mnist-cnn/dense/model.json --data mnist --queue redis://10.0.0.5:6379'],
  )
    .requiredOption('--queue <address>', 'where the trials are: redis://host:port')
    .option('--data <set>', 'the set of the search, by name or folder')
    .option('--workers <n>', 'threads for trials', wholeNumber(1), usualThreads())
    .option(
      '--patience <seconds>',
      'a worker not heard of for so long is taken for dead, and its trial given to another',
      wholeNumber(1),
      30,
    );
  return foreignOptions(preprocessOption(command)).action(run);
}
