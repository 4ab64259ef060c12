import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import type { CompressReport } from '../compress/index.js';
import type { SearchDescription, SearchReport, TrialRunner } from '../compress/search/index.js';
import { writeWhole } from '../files/index.js';
import { openQueue } from './queue/coordinator.js';
import { measureLayerCosts } from './search/layer-costs.js';
import { openSite, type Site, type SiteOptions } from './search/site.js';
import { paretoTable } from './search/table.js';
import { Threads, usualThreads } from './search/threads.js';
import { checkpointOf, compressFile } from './support/compress-file.js';
import { UsageError } from './support/errors.js';
import { defaultOut, ensureWritable } from './support/files.js';
import { interruptible } from './support/interrupt.js';
import {
  createCommand,
  foreignOptions,
  foreignOptionsOf,
  preprocessOption,
  wholeNumber,
  type ForeignFlags,
} from './support/options.js';
import { bytes, duration, note, percent, print, printJson } from './support/output.js';
import { readPreprocessing } from './support/preprocessing.js';
import { createProgress } from './support/progress.js';

interface Options extends ForeignFlags {
  search: string;
  data?: string;
  out?: string;
  preprocess?: string;
  workers: number;
  queue?: string;
  resume?: boolean;
  limit?: number;
  json?: boolean;
}

/** `digits.lop` has `digits.search.jsonl`, `.recipe.json` and `.trials.json` beside it. */
const beside = (out: string, ending: string): string => `${out.replace(/\.lop$/i, '')}.${ending}`;

async function readDescription(path: string): Promise<SearchDescription> {
  const { parseSearch } = await import('../compress/search/index.js');
  const text = await readFile(path, 'utf8');
  try {
    return parseSearch(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof SyntaxError)
      throw new Error(`${path}: expected JSON, got: ${cause.message}`, { cause });
    throw cause;
  }
}

/** Blocks that the search may choose, or that its recipe says. */
function blocksOf({ space, recipe }: SearchDescription): [number, number][] {
  const layers = Object.values(space.layers).flatMap(({ block = [] }) => block);
  const knobs = space.recipe['prune.block'] ?? [];
  const base = (recipe as { prune?: { block?: unknown } }).prune?.block ?? [1, 1];
  const all = new Map([base, ...layers, ...knobs].map((block) => [`${block}`, block as [number, number]]));
  return [...all.values()];
}

const TITLES = { probe: 'one layer each  ', trial: 'short trainings ', final: 'whole trainings ' };

/** One bar for each stage. */
function stageProgress(): {
  onTrial(stage: keyof typeof TITLES, done: number, known: number): void;
  stop(): void;
} {
  let stage: keyof typeof TITLES | undefined;
  let bar: ReturnType<typeof createProgress> | undefined;
  return {
    onTrial: (next, done, known) => {
      if (next !== stage) {
        bar?.stop();
        bar = createProgress(TITLES[(stage = next)]);
      }
      bar!.update(done, known, `${Math.floor(done)} of ${known}`);
    },
    stop: () => bar?.stop(),
  };
}

async function find(
  site: Site,
  description: SearchDescription,
  runner: TrialRunner,
  { journal, resume, signal }: { journal: string; resume?: boolean; signal: AbortSignal },
): Promise<SearchReport> {
  const { search } = await import('../compress/search/index.js');
  const recipe = { preprocessing: site.preprocessing, ...description.recipe };
  const timing = createProgress('timing layers   ');
  const progress = stageProgress();
  try {
    return await search(
      site.graph,
      { ...description, recipe },
      {
        runner,
        identity: site.identity,
        journal: { path: journal, resume },
        signal,
        onTrial: progress.onTrial,
        costs: () =>
          measureLayerCosts(site.graph, {
            data: site.data,
            blocks: blocksOf(description),
            quantize: description.recipe.quantize,
            preprocessing: recipe.preprocessing,
            onProgress: timing.update,
            signal,
          }),
      },
    );
  } finally {
    timing.stop();
    progress.stop();
  }
}

function printFound(out: string, found: SearchReport, { baseline, final, file_bytes }: CompressReport): void {
  const { least_accuracy, most_cost, cost } = found;
  const bound =
    least_accuracy === undefined
      ? `at most ${cost === 'bytes' ? bytes(Math.floor(most_cost!)) : duration(most_cost!)}`
      : `at least ${percent(least_accuracy)}`;
  print(
    paretoTable(found),
    '',
    `on validation samples: ${percent(found.reference.accuracy)} dense; bound: ${bound}; * is chosen`,
    `${out}: ${bytes(file_bytes)}, 1/${(baseline.dense_f32_bytes / file_bytes).toFixed(1)} of the f32 weights' ${bytes(baseline.dense_f32_bytes)}`,
    `accuracy  ${percent(baseline.accuracy ?? 0)} dense, ${percent(final.accuracy ?? 0)} compressed, on ${final.count} test samples`,
    `recipe    ${beside(out, 'recipe.json')}; trials ${beside(out, 'trials.json')}`,
  );
}

const writeJson = (path: string, value: unknown): Promise<void> =>
  writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);

async function run(model: string, options: Options): Promise<void> {
  const { data, workers, queue, resume, limit } = options;
  if (data === undefined)
    throw new UsageError('--data: expected the set to train on, got nothing; pass --data mnist or a folder');
  const out = options.out ?? defaultOut(model);
  const description = await readDescription(options.search);
  const journal = beside(out, 'search.jsonl');
  const recipe = beside(out, 'recipe.json');
  await ensureWritable(out, model, options.search);
  if (existsSync(journal) && !resume)
    note(`${journal} holds a stopped search; it starts afresh without --resume`);
  const foreign = foreignOptionsOf(options);
  const preprocessing = options.preprocess ? await readPreprocessing(options.preprocess) : undefined;
  const siteOptions: SiteOptions = { model, foreign, data, preprocessing };
  const advice = (): string =>
    `what was found so far is in ${journal}; go on with: lopper ${again()} --resume`;
  const { found, report } = await interruptible(advice, async (signal) => {
    const site = await openSite(siteOptions, signal);
    const runner = queue
      ? await openQueue(queue, { identity: site.identity, model, data })
      : new Threads(siteOptions, workers);
    const found = await find(site, description, runner, { journal, resume, signal }).finally(() =>
      runner.close(),
    );
    await writeJson(recipe, found.recipe);
    await writeJson(beside(out, 'trials.json'), found);
    const goesOn = existsSync(checkpointOf(out)) && resume;
    return {
      found,
      report: await compressFile({ model, recipe, data, out, foreign, resume: goesOn, limit, signal }),
    };
  });
  await writeJson(beside(out, 'trials.json'), { ...found, final: report });
  await rm(journal);
  if (options.json) printJson({ ...report, search: found });
  else printFound(out, found, report);
  if (!found.holds)
    throw new Error(
      `search: no recipe of ${found.trials.length} holds the bound; the nearest is written. Widen search.space, give more trials or epochs, or loosen the bound`,
    );
}

const again = (): string =>
  process.argv
    .slice(2)
    .filter((word) => word !== '--resume')
    .join(' ');

export function searchCommand(): Command {
  const command = createCommand(
    'search <model>',
    'find the recipe that is best within a bound of accuracy, size or latency',
    [
      'lopper search models/mnist-cnn/dense/model.json --search recipes/mnist-cnn-search.json --data mnist -o digits.lop',
      'lopper search model.onnx --search s.json --data photos --queue redis://10.0.0.5:6379     then on each machine: lopper worker',
    ],
  )
    .requiredOption('--search <file>', 'bound, space and strategy, as JSON')
    .option('--data <set>', 'a labelled set, by name (mnist, cifar10) or folder')
    .option(
      '-o, --out <file>',
      "where to write (default: the model's name, .lop); recipe and trials go beside it",
    )
    .option('--workers <n>', 'threads for trials', wholeNumber(1), usualThreads())
    .option('--queue <address>', 'give the trials to machines that run lopper worker: redis://host:port')
    .option('--resume', 'go on where a stopped search left off')
    .option('--limit <n>', 'measure the result on the first n test samples only', wholeNumber(1));
  return foreignOptions(preprocessOption(command)).action(run);
}
