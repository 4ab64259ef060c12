/** `npm start`: compresses the bundled digit model, prints dense against pruned, and serves the page. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { BenchReport, BenchRow } from '../bench/index.js';
import type { CompressReport } from '../compress/index.js';
import { MODELS, serveCommand } from './serve.js';
import { compressFile } from './support/compress-file.js';
import { openData } from './support/data.js';
import { report } from './support/errors.js';
import { evaluateExecutors } from './support/evaluate.js';
import { openExecutor } from './support/executor.js';
import { interruptible } from './support/interrupt.js';
import { bytes, duration, note, percent, print, table } from './support/output.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Where the demo writes; git ignores it. */
const OUT = join(ROOT, '.lopper');
const NAME = 'mnist-cnn';
const DIGITS = join(MODELS, 'data', 'mnist');

interface Compared {
  dense: BenchRow;
  pruned: BenchRow;
  denseOnLopper: BenchRow;
}

/**
 * The dense original written as f32 `.lop`, nothing pruned: so that Lopper's own dense latency can be told.
 * @returns its accuracy on the bundled test digits
 */
async function writeDense(model: string, target: string): Promise<number> {
  const { prepareForExport } = await import('../compress/index.js');
  const { writeLop } = await import('../format/index.js');
  const { importForeign } = await import('./support/import-foreign.js');
  const { writeWhole } = await import('../files/index.js');
  await writeWhole(target, writeLop(prepareForExport(await importForeign(model))));
  const [executor, data] = await Promise.all([openExecutor(target), openData(DIGITS, { split: 'test' })]);
  const { evaluations } = await evaluateExecutors([executor], data, {});
  executor.dispose();
  return evaluations![0].accuracy;
}

/** Times in a process of its own: training replaces kernels of tfjs' wasm backend, and tfjs is to be measured as it is. */
async function measure(pruned: string, dense: string, model: string): Promise<Compared> {
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  const options = ['--against', 'tfjs-wasm', '--dense', model, '--data', DIGITS, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [main, 'bench', pruned, dense, ...options]);
  const { results } = JSON.parse(stdout) as BenchReport;
  const [own, other, denseOwn] = results;
  return { pruned: own, dense: other, denseOnLopper: denseOwn };
}

const row = (name: string, accuracy: number, size: number, ms: number): string[] => [
  name,
  percent(accuracy),
  bytes(size),
  duration(ms),
];

/** What a page would fetch of the dense original. */
async function folderBytes(folder: string): Promise<number> {
  const files = await readdir(folder);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function printTable(
  { baseline, final }: CompressReport,
  denseFile: { accuracy: number; bytes: number },
  fetched: number,
  { dense, pruned, denseOnLopper }: Compared,
): void {
  const rows = [
    row('dense, tfjs-wasm f32', baseline.accuracy!, fetched, dense.median_ms),
    row('dense, Lopper f32', denseFile.accuracy, denseFile.bytes, denseOnLopper.median_ms),
    row('pruned, Lopper int8', final.accuracy!, final.file_bytes, pruned.median_ms),
  ];
  const size = (fetched / final.file_bytes).toFixed(1);
  const speed = (dense.median_ms / pruned.median_ms).toFixed(1);
  print(
    '',
    table([NAME, 'accuracy', 'file', 'latency'], rows),
    `${size} times smaller, ${speed} times as fast as tfjs-wasm on the dense original; accuracy on ${final.count} test digits`,
    '',
  );
}

/** A folder of models for the page: the bundled ones, with the one that was just made in its place. */
async function stageModels(lop: string): Promise<string> {
  const folder = join(OUT, 'models');
  await rm(folder, { recursive: true, force: true });
  await cp(MODELS, folder, { recursive: true, filter: (path) => path !== join(MODELS, 'data') });
  await cp(lop, join(folder, NAME, 'model.lop'));
  return folder;
}

async function demo(): Promise<void> {
  const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
  await mkdir(OUT, { recursive: true });
  const source = join(MODELS, NAME);
  const model = join(source, 'dense', 'model.json');
  const pruned = join(OUT, `${NAME}.lop`);
  const dense = join(OUT, `${NAME}-dense.lop`);
  note(`compressing ${NAME} on the bundled digits`);
  const compressed = await interruptible(
    () => 'run npm start again',
    (signal) =>
      compressFile({
        model,
        recipe: join(source, 'recipe.json'),
        data: DIGITS,
        out: pruned,
        signal,
      }),
  );
  const denseFile = { accuracy: await writeDense(model, dense), bytes: (await stat(dense)).size };
  const timed = await measure(pruned, dense, model);
  printTable(compressed, denseFile, await folderBytes(join(source, 'dense')), timed);
  if (values.once) return;
  const models = await stageModels(pruned);
  process.env.LOPPER_SERVER_DATA ??= join(OUT, 'server');
  await serveCommand().parseAsync(['--models', models], { from: 'user' });
}

const code = await demo().then(() => 0, report);
process.stdout.write('', () => process.exit(code));
