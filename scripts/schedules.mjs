// Every pruning schedule on LeNet-300-100 and MNIST with the same budget: the recipes of recipes/schedules, one row each.
// usage: npm run schedules [-- <name ...>]      needs a build and the data sets of ../shared; prints a table as docs/recipes.md holds it
import { readFileSync, readdirSync } from 'node:fs';
import { runtimeEvaluator } from '../dist/cli/support/evaluate.js';
import { compress, importModel, selectBackend } from '../dist/compress/index.js';
import { loadDataset } from '../dist/train/index.js';

const ROOT = new URL('../', import.meta.url).pathname;
const RECIPES = `${ROOT}recipes/schedules`;
const DATA = process.env.LOPPER_DATA ?? new URL('../../shared/data', import.meta.url).pathname;

const known = readdirSync(RECIPES).map((file) => file.replace('.json', ''));
const names = process.argv.length > 2 ? process.argv.slice(2) : known;
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`schedules: expected some of ${known.join(', ')}, got ${unknown.join(', ')}`);
  process.exit(2);
}

await selectBackend();
const graph = await importModel(`${ROOT}models/lenet-300-100/dense/model.json`);
const data = await loadDataset('mnist', { dir: DATA, inputShape: [28, 28, 1] });
console.log('| recipe | sparsity | steps | accuracy | seconds |\n|---|---|---|---|---|');
for (const name of names) {
  const recipe = JSON.parse(readFileSync(`${RECIPES}/${name}.json`, 'utf8'));
  const { report } = await compress(graph, recipe, { data, evaluateFile: runtimeEvaluator });
  const { sparsity, steps, final, seconds } = report;
  const percent = (part) => (100 * part).toFixed(2);
  console.log(
    `| ${name} | ${percent(sparsity)} % | ${steps} | ${percent(final.accuracy)} % | ${seconds.toFixed(0)} |`,
  );
}
