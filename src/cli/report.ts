import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { CompressReport } from '../compress/index.js';
import type { Point, ReportInput } from '../report/index.js';
import { UsageError } from './support/errors.js';
import { isLop } from './support/executor.js';
import { ensureWritable, writeWhole } from './support/files.js';
import { createCommand, foreignOptions, foreignOptionsOf, type ForeignFlags } from './support/options.js';
import { bytes, print, printJson } from './support/output.js';
import { foldedSource } from './support/report-files.js';

interface Options extends ForeignFlags {
  out: string;
  dense?: string;
  title?: string;
  json?: boolean;
}

/** What a JSON file beside the models tells: how one was made, or what a search tried. */
interface Told {
  reports: CompressReport[];
  points: Point[];
}

/**
 * `lopper compress --json` prints a report, `npm run recipes` keeps one under `report`; a search's result has `points`, or
 * `trials`, each with `bytes` (or `file_bytes`) and `accuracy`.
 */
async function readTold(path: string): Promise<Told> {
  const value = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  const report = (value['report'] ?? value) as Partial<CompressReport>;
  if (report.history && report.final) return { reports: [report as CompressReport], points: [] };
  const tried = value['points'] ?? value['trials'];
  if (!Array.isArray(tried))
    throw new UsageError(
      `${path}: expected what compress --json or search --json prints (history and final, points or trials), got keys ${Object.keys(value).join(', ') || 'none'}`,
    );
  return { reports: [], points: tried.flatMap((trial, i) => pointOf(trial as Record<string, unknown>, i)) };
}

function pointOf(trial: Record<string, unknown>, index: number): Point[] {
  const { name = `trial ${index + 1}`, accuracy, bytes: size = trial['file_bytes'] } = trial;
  if (typeof size !== 'number' || typeof accuracy !== 'number') return [];
  return [{ name: String(name), bytes: size, accuracy }];
}

const shortName = (path: string): string =>
  basename(path) === 'model.lop' ? basename(dirname(resolve(path))) : basename(path, '.lop');

/** As short as tells it from the others: of `lenet-5/model.lop` the folder, of others the file. */
function titleOf(path: string, all: readonly string[]): string {
  const others = all.filter((file) => file !== path).map(shortName);
  return others.includes(shortName(path)) ? path : shortName(path);
}

async function run(paths: string[], options: Options): Promise<void> {
  const { out, dense, title, json } = options;
  await ensureWritable(out);
  const files = paths.filter(isLop);
  const told = await Promise.all(paths.filter((path) => !isLop(path)).map(readTold));
  const source = dense === undefined ? undefined : await foldedSource(dense, foreignOptionsOf(options));
  const reports = told.flatMap((one) => one.reports);
  const models = await Promise.all(
    files.map(async (name): Promise<ReportInput> => {
      const file = new Uint8Array(await readFile(name));
      return {
        name: titleOf(name, files),
        file,
        source,
        report: reports.find(({ file_bytes }) => file_bytes === file.length),
      };
    }),
  );
  const points = told.flatMap((one) => one.points);
  if (models.length === 0 && points.length === 0)
    throw new UsageError('report: expected a .lop file or the result of a search, got neither');
  const { writeReport, fileFigures } = await import('../report/index.js');
  const page = Buffer.from(await writeReport(models, { title, points }));
  await writeWhole(out, page);
  if (json)
    printJson({
      out,
      bytes: page.length,
      models: models.map(({ file, name }) => ({ name, ...fileFigures(file) })),
    });
  else
    print(
      `${out}: ${bytes(page.length)}, ${models.length} models${points.length > 0 ? `, ${points.length} trials` : ''}`,
    );
}

export function reportCommand(): Command {
  const command = createCommand(
    'report <files...>',
    'one HTML page of figures, plots and masks of .lop files, and of what a search tried',
    [
      'lopper report small.lop --dense models/lenet-5/dense/model.json -o report.html',
      'lopper report models/*/model.lop -o compare.html',
      'lopper report small.lop small.json -o report.html    # with the training, from compress --json > small.json',
    ],
  )
    .option('-o, --out <file>', 'where to write', 'report.html')
    .option('--dense <model>', 'the network before: its weights stand beside those that were kept')
    .option('--title <text>', 'instead of the names of the files');
  return foreignOptions(command).action(run);
}
