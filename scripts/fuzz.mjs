// Fuzzes a reader or an importer, guided by coverage: `npm run fuzz -- --help`.
import { parseArgs } from 'node:util';
import { bundle, instrumentBuild } from './fuzz/bundle.mjs';
import { watch } from './fuzz/watch.mjs';

const TARGETS = ['ts', 'wasm', 'tfjs-layers', 'tfjs-graph', 'keras-h5', 'keras', 'tflite', 'onnx', 'recipe'];
const ENGINES = ['guided', 'blind', 'replay'];
const BUILDS = ['simd128', 'simd128-full', 'simd128-all', 'relaxed-simd'];

const HELP = `npm run fuzz -- --target wasm --count 1000000 --seed 1

Reads mutated files by a reader or an importer; prints what it found as JSON, exit 1 where a promise was broken (files in build/fuzz/failures).

  --target T    ${TARGETS.join(', ')}, or all
  --count N     executions, seeds and corpus among them (100000)
  --seconds N   at most so long
  --seed N      of the mutations (1)
  --engine E    guided: files that reached something new are mutated on (the default)
                blind: seeds mutated, wherever they lead; replay: seeds, corpus and fixtures as they are
  --build B     of target wasm: ${BUILDS.join(', ')} (simd128-all)
  --fresh       starts from the seeds alone, without the corpus
  --record      keeps the corpus, minimized, in test/fuzz/corpus, and adds to test/fuzz/executions.json
`;

const options = {
  target: { type: 'string', default: 'all' },
  count: { type: 'string', default: '100000' },
  seconds: { type: 'string' },
  seed: { type: 'string', default: '1' },
  engine: { type: 'string', default: 'guided' },
  build: { type: 'string', default: 'simd128-all' },
  fresh: { type: 'boolean', default: false },
  record: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

function wrong(what) {
  process.stderr.write(`fuzz: ${what}\n`);
  process.exit(2);
}

function oneOf(values, key, choices) {
  if (!choices.includes(values[key])) wrong(`--${key}: expected ${choices.join(', ')}, got '${values[key]}'`);
}

function number(values, key) {
  if (values[key] === undefined) return null;
  const value = Number(values[key]);
  return Number.isInteger(value) && value >= 0
    ? value
    : wrong(`--${key}: expected a whole number, got '${values[key]}'`);
}

function tasks() {
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    wrong(error.message);
  }
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  oneOf(values, 'target', [...TARGETS, 'all']);
  oneOf(values, 'engine', ENGINES);
  oneOf(values, 'build', BUILDS);
  const [count, seconds, seed] = ['count', 'seconds', 'seed'].map((key) => number(values, key));
  const { engine, build, fresh, record } = values;
  const targets = values.target === 'all' ? TARGETS : [values.target];
  return targets.map((target) => ({ target, engine, build, count, seconds, seed, fresh, record }));
}

/** The wasm target counts in the module; its process compares with a TypeScript reader at full speed. */
async function run(task) {
  const isWasm = task.target === 'wasm';
  if (isWasm) instrumentBuild(task.build);
  return watch(await bundle(!isWasm), task);
}

const reports = [];
for (const task of tasks()) reports.push(await run(task));
process.stdout.write(`${JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2)}\n`);
if (reports.some(({ failures }) => failures.length > 0)) process.exitCode = 1;
