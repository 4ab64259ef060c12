// Makes models/mnist-cnn/versions/<id>.lop: the bundled network at several densities, for the page's slider.
// usage: npm run densities [-- <id> ...] [--epochs N]     default: all; the whole MNIST comes from $LOPPER_DATA, else the bundled digits
// `int8` is quantized only; the others are models/mnist-cnn/recipe.json with another sparsity and fewer epochs, so that only density differs.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const MODEL = join(ROOT, 'models/mnist-cnn');
const WORK = join(ROOT, 'build/densities');
/** Shares of the weights that are kept, by version. */
const KEPT = {
  int8: 1,
  'kept-50': 0.5,
  'kept-30': 0.3,
  'kept-20': 0.2,
  'kept-10': 0.1,
  'kept-7': 0.07,
  'kept-4': 0.04,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { epochs: { type: 'string', default: '12' } },
});
const unknown = positionals.filter((id) => !(id in KEPT));
if (unknown.length > 0) {
  process.stderr.write(
    `densities: expected some of ${Object.keys(KEPT).join(', ')}, got ${unknown.join(', ')}\n`,
  );
  process.exit(2);
}

const base = JSON.parse(readFileSync(join(MODEL, 'recipe.json'), 'utf8'));
const epochs = Number(values.epochs);
const whole = process.env.LOPPER_DATA && existsSync(join(process.env.LOPPER_DATA, 'mnist'));
const data = whole ? 'mnist' : join(ROOT, 'models/data/mnist');

function recipeOf(id) {
  const name = `${base.name}-${id}`;
  if (KEPT[id] === 1) return { name, seed: base.seed, quantize: { activations: base.quantize.activations } };
  const schedule = { ...base.prune.schedule, end: Math.ceil(epochs / 2) };
  const sparsity = Number((1 - KEPT[id]).toFixed(2));
  return {
    ...base,
    name,
    prune: { ...base.prune, sparsity, schedule },
    recover: { ...base.recover, epochs },
  };
}

mkdirSync(WORK, { recursive: true });
mkdirSync(join(MODEL, 'versions'), { recursive: true });
for (const id of positionals.length > 0 ? positionals : Object.keys(KEPT)) {
  const recipe = join(WORK, `${id}.json`);
  writeFileSync(recipe, JSON.stringify(recipeOf(id), null, 2));
  const out = join(MODEL, 'versions', `${id}.lop`);
  const args = ['compress', join(MODEL, 'dense/model.json'), '--recipe', recipe, '--data', data, '-o', out];
  execFileSync(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...args], { stdio: 'inherit' });
}
