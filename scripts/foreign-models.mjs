// Imports the models of two npm packages, runs them in wasm and compares with tfjs: `npm run test:zoo -- [--only name] [--json] [--write]`.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { zoo } from './zoo/packages.mjs';

/** Of the largest output. */
const TOLERANCE = 1e-4;
/** Human-models that have to pass. */
const LEAST = 20;
const SECONDS = 240;
const DOCUMENT = 'docs/models.md';
const [START, END] = ['<!-- zoo -->', '<!-- /zoo -->'];

const { values: flags } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'boolean' }, write: { type: 'boolean' } },
});

function measure({ path, options }) {
  const { before, ...rest } = options;
  const whole = run(path, rest);
  if (!whole.missing?.length || !before) return whole;
  return { ...whole, part: { before, ...run(path, { ...rest, outputs: before }) } };
}

function run(path, options) {
  const child = spawnSync(process.execPath, ['scripts/zoo/measure.mjs', path, JSON.stringify(options)], {
    encoding: 'utf8',
    timeout: SECONDS * 1000,
    stdio: ['ignore', 'pipe', flags.only ? 'inherit' : 'ignore'],
  });
  const line = child.stdout.trim().split('\n').pop();
  return line?.startsWith('{')
    ? JSON.parse(line)
    : { error: child.error?.message ?? `ended with ${child.status}` };
}

const passes = ({ worst }) => worst !== undefined && worst <= TOLERANCE;

function verdict(result) {
  if (passes(result)) return 'pass';
  if (result.part && passes(result.part))
    return `pass up to ${result.part.before.join(', ')}; missing ${result.missing.join(', ')}`;
  if (result.missing?.length) return `missing ${result.missing.join(', ')}`;
  if (result.worst === undefined) return result.error.split('\n')[0].slice(0, 120);
  if (result.spread === undefined) return 'differs';
  return `differs; tfjs' own backends, wasm and cpu, differ by ${result.spread.toExponential(1)}`;
}

const number = (value) => (value === undefined ? '' : value.toLocaleString('en-US'));

function row({ set, name, ...result }) {
  const measured = result.part ?? result;
  const worst = measured.worst === undefined ? '' : measured.worst.toExponential(1);
  const cells = [
    set,
    name,
    number(measured.params),
    number(measured.nodes),
    number(measured.import_ms),
    number(measured.file_bytes),
    worst,
  ];
  return `| ${cells.join(' | ')} | ${verdict(result)} |`;
}

const HEAD = [
  '| package | model | parameters | nodes | import ms | f32 .lop bytes | max difference / max output | verdict |',
  '|---|---|---:|---:|---:|---:|---:|---|',
];

const results = [];
for (const model of zoo().filter(({ name }) => !flags.only || name.startsWith(flags.only))) {
  const result = { set: model.set, name: model.name, ...measure(model) };
  results.push(result);
  process.stderr.write(`${row(result)}\n`);
}

const human = results.filter(({ set }) => set === 'human-models');
const passed = human.filter(passes).length;
const nsfw = results.filter(({ set }) => set === 'nsfwjs');
/** More than tfjs' backends do among themselves. */
const differing = results.filter(({ worst, spread = TOLERANCE / 2 }) => worst > 2 * spread);
const table = [...HEAD, ...results.map(row)].join('\n');
const summary = `${passed} of ${human.length} human-models and ${nsfw.filter(passes).length} of ${nsfw.length} of nsfwjs pass.`;
process.stdout.write(flags.json ? `${JSON.stringify({ passed, results })}\n` : `${table}\n\n${summary}\n`);
if (flags.write) {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [head, tail] = [text.slice(0, text.indexOf(START)), text.slice(text.indexOf(END))];
  writeFileSync(DOCUMENT, `${head}${START}\n\n${table}\n\n${summary}\n\n${tail}`);
}
if (!flags.only && (passed < LEAST || nsfw.some((result) => !passes(result)) || differing.length > 0))
  process.exitCode = 1;
