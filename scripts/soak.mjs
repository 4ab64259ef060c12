// A long run of the runtime: memory, threads and handles must stay where they are, and outputs what they were.
//   npm run soak -- [--inferences 1000000] [--cycles 10000] [--browser]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from './soak/command.mjs';
import { summarize } from './soak/flat.mjs';

const HELP = `npm run soak -- [--inferences 1000000] [--cycles 10000] [--browser]

Runs inferences (int8 and f32, single, in batches and on two threads), then loads and disposes models, in Node or in a headless Chromium.
Memory is sampled 100 times in each part. Flat: the least of the last third is at most 10 % over the least of the first, after a warm-up.
Prints the figures as JSON; exit code 1 where something grew, or an output is not what it was at the start.
`;

/** Samples of each part. */
const SAMPLES = 100;

function readFlags() {
  const { values } = parseArgs({
    options: {
      inferences: { type: 'string', default: '1000000' },
      cycles: { type: 'string', default: '10000' },
      browser: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  for (const name of ['inferences', 'cycles'])
    if (!/^\d+$/.test(values[name]) || Number(values[name]) < SAMPLES)
      throw new RangeError(`--${name}: expected a whole number of at least ${SAMPLES}, got ${values[name]}`);
  return { ...values, inferences: Number(values.inferences), cycles: Number(values.cycles) };
}

/** The bundled int8 network, and a bundled dense one as it is. */
function readFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'lopper-soak-'));
  try {
    const dense = join(folder, 'dense.lop');
    const command = ['dist/cli/main.js', 'convert', 'models/mnist-cnn/dense/model.json', '-o', dense];
    execFileSync(process.execPath, command, { stdio: 'ignore' });
    return { int8: readFileSync('models/mnist-cnn/model.lop'), f32: readFileSync(dense) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Does `count` of something in `SAMPLES` parts, and samples after each. */
async function part(name, count, host, work) {
  const samples = [];
  const begin = Date.now();
  let wrong = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const [from, to] = [i, i + 1].map((at) => Math.floor((at * count) / SAMPLES));
    wrong += (await work(from, to)) ?? 0;
    samples.push(await host.measure());
    if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${to} of ${count} `);
  }
  if (process.stderr.isTTY) process.stderr.write('\n');
  return { count, seconds: (Date.now() - begin) / 1000, wrong, ...summarize(samples) };
}

async function soak({ inferences, cycles, browser }) {
  const open = browser
    ? (await import('./soak/browser.mjs')).openBrowser
    : (await import('./soak/node.mjs')).openNode;
  const host = await open(readFiles());
  try {
    const inferred = await part('inferences', inferences, host, host.infer);
    const cycled = await part('load and dispose', cycles, host, host.cycle);
    const unchanged = await host.isUnchanged();
    const faults = [
      ...inferred.grew.map((name) => `inferences: ${name} grew`),
      ...cycled.grew.map((name) => `load and dispose: ${name} grew`),
      cycled.wrong > 0 && `load and dispose: ${cycled.wrong} models gave other outputs`,
      !unchanged && 'outputs are not what they were at the start',
    ].filter(Boolean);
    return { engine: host.engine, inferences: inferred, load_and_dispose: cycled, unchanged, faults };
  } finally {
    await host.close();
  }
}

await runCommand(HELP, readFlags, soak);
