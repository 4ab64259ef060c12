import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { CompressReport } from '../compress/index.js';
import { writeWhole } from '../files/index.js';
import type { Point, ReportInput } from '../report/index.js';
import { UsageError } from './support/errors.js';
import { isLop } from './support/executor.js';
import { ensureWritable } from './support/files.js';
import { createCommand, foreignOptions, foreignOptionsOf, type ForeignFlags } from './support/options.js';
import { bytes, print, printJson } from './support/output.js';
import { foldedSource } from './support/report-files.js';

interface Options extends ForeignFlags {
  out: string;
  dense?: string;
  title?: string;
  json?: boolean;
}

/** What a JSON file beside the models tells: how one was made, and what a search tried. */
interface Told {
  reports: CompressReport[];
  points: Point[];
}

type Json = Record<string, unknown>;

/**
 * `lopper compress --json` prints a report, `npm run recipes` keeps one under `report`, `lopper search` in its trials' file under
 * `final`; a search has `trials`, each with its `result`, and others may give `points` of `bytes` and `accuracy`.
 */
async function readTold(path: string): Promise<Told> {
  const value = JSON.parse(await readFile(path, 'utf8')) as Json;
  const reports = [value['report'], value['final'], value].filter(isReport).slice(0, 1);
  const tried = value['points'] ?? value['trials'] ?? (value['search'] as Json | undefined)?.['trials'];
  const points = Array.isArray(tried) ? tried.flatMap((trial, i) => pointOf(trial as Json, i)) : [];
  if (reports.length === 0 && !Array.isArray(tried))
    throw new UsageError(
      `${path}: expected what compress --json or search --json prints (history and final, or trials), got keys ${Object.keys(value).join(', ') || 'none'}`,
    );
  return { reports, points };
}

function isReport(value: unknown): value is CompressReport {
  const report = value as Partial<CompressReport> | undefined;
  return Array.isArray(report?.history) && report.final !== undefined;
}

function pointOf(trial: Json, index: number): Point[] {
  const { name = `trial ${index + 1}` } = trial;
  const { bytes: size, accuracy } = (trial['result'] ?? trial) as Json;
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
  await ensureWritable(out, ...paths, ...(dense === undefined ? [] : [dense]));
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
