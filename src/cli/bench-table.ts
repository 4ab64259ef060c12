/**
 * The ratio table of all architectures: `npm run bench:architectures -- [--arch a,b] [--runs N] [--budget s] [--against a,b]
 * [--browser] [--json] [-o file.md]`. Each architecture has a process of its own, so that no runtime keeps memory of another's model;
 * all of its variants and its peers are interleaved there.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { ARCHITECTURES, type BenchReport, type BenchRow } from '../bench/index.js';
import { report } from './support/errors.js';
import { writeWhole } from '../files/index.js';
import { note, print, printJson } from './support/output.js';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** Columns of the table. */
const VARIANTS = [
  { title: 'dense int8', sparsity: 0, block: '1x1' },
  { title: '80 %, 2x2', sparsity: 0.8, block: '2x2' },
  { title: '90 %, 2x2', sparsity: 0.9, block: '2x2' },
  { title: '90 %, 1x1', sparsity: 0.9, block: '1x1' },
] as const;

async function benchOne(arch: string, options: readonly string[]): Promise<BenchReport> {
  const variants = ['--sparsity', '0,0.8,0.9', '--block', '2x2,1x1'];
  const args = [MAIN, 'bench', '--arch', arch, ...variants, ...options, '--json'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
  for (const line of stderr.split('\n')) if (line !== '' && !line.startsWith('timing:')) note(line);
  return JSON.parse(stdout) as BenchReport;
}

const ms = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** One line: each variant's ratio to the fastest web peer with its time, then each peer's time. */
function line(arch: string, { results, ratios }: BenchReport, peers: readonly string[]): string[] {
  const variants = VARIANTS.map(({ sparsity, block }) => {
    const same = (of: Pick<BenchRow, 'sparsity' | 'block'>): boolean =>
      of.sparsity === sparsity && of.block === block;
    const own = results.find((row) => row.runtime === 'lopper' && same(row));
    const ratio = ratios.find((one) => one.against === 'fastest-web' && same(one));
    if (!own) return '';
    return ratio ? `**${ratio.ratio.toFixed(1)}x** (${ms(own.median_ms)})` : ms(own.median_ms);
  });
  const others = peers.map((peer) => {
    const row = results.find(({ runtime }) => runtime === peer);
    return row ? ms(row.median_ms) : '-';
  });
  return [arch, ...variants, ...others];
}

function markdown(reports: ReadonlyMap<string, BenchReport>, peers: readonly string[]): string {
  const [{ machine, engine }] = reports.values();
  const head = ['architecture', ...VARIANTS.map(({ title }) => title), ...peers];
  const rows = [...reports].map(([arch, of]) => line(arch, of, peers));
  const lines = [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows];
  return [
    `${machine}; ${engine}; one thread. Times faster than the fastest web runtime on the dense network (ms), then the`,
    "others' ms; medians of one interleaved run each.",
    '',
    ...lines.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string', default: Object.keys(ARCHITECTURES).join(',') },
      against: { type: 'string', default: 'tfjs-wasm,ort-web,ort-web-int8,ort-node' },
      runs: { type: 'string', default: '40' },
      budget: { type: 'string', default: '60' },
      build: { type: 'string', default: 'simd128' },
      browser: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      output: { type: 'string', short: 'o' },
    },
  });
  const { arch, against, runs, budget, build, browser, json, output } = values;
  const peers = against.split(',');
  const options = ['--against', against, '--runs', runs, '--budget', budget, '--build', build];
  const reports = new Map<string, BenchReport>();
  for (const name of arch.split(',')) {
    note(`${name} ...`);
    reports.set(name, await benchOne(name, browser ? [...options, '--browser'] : options));
  }
  const text = markdown(reports, peers);
  if (output !== undefined) await writeWhole(output, new TextEncoder().encode(`${text}\n`));
  if (json) printJson(Object.fromEntries(reports));
  else print(text);
}

process.exitCode = await main().then(() => 0, report);
