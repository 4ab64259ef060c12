/** Each preset runs on each bundled network, on a few of the bundled digits; and what it promises of the file holds. */
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { PRESETS } from '../../../src/cli/server/presets.js';
import { recipes } from '../../../src/cli/server/recipes.js';
import {
  compress,
  convert,
  importModel,
  loadDataset,
  parseRecipe,
  selectBackend,
} from '../../../src/compress/index.js';
import { lopStatistics, readLop } from '../../../src/format/index.js';

const MODELS = fileURLToPath(new URL('../../../models/', import.meta.url));
const NETWORKS = ['mnist-cnn', 'lenet-300-100', 'lenet-5'];

/** Least share of kernels that is pruned, by preset. */
const PRUNED: Record<string, number> = {
  'one-shot-50': 0.49,
  'fast-75': 0.7,
  'small-90': 0.89,
  smallest: 0.96,
};

t.before(() => selectBackend());

t.test('each says whether it needs data, as its recipe does', async (t) => {
  for (const { id, recipe, needsData } of PRESETS) t.equal(recipes.check(recipe).needsData, needsData, id);
  t.equal(new Set(PRESETS.map(({ id }) => id)).size, PRESETS.length);
  t.throws(() => recipes.check({ prune: { sparsity: 2 } }), {
    message: /recipe.prune.sparsity: expected a number in/,
  });
});

for (const network of NETWORKS)
  t.test(network, async (t) => {
    const graph = await importModel(`${MODELS}${network}/dense/model.json`);
    const data = await loadDataset(`${MODELS}data/mnist`, { limit: 256 });
    for (const { id, recipe, needsData } of PRESETS) {
      const { bytes } = needsData
        ? await compress(graph, recipe, { data, measureOriginal: false, limit: 64 })
        : convert(graph, parseRecipe(recipe).storage);
      const { weights } = readLop(bytes);
      const kernels = lopStatistics(bytes).weights.filter(({ role }) => role === 'kernel');
      const [params, kept] = [
        kernels.reduce((sum, k) => sum + k.params, 0),
        kernels.reduce((sum, k) => sum + k.kept, 0),
      ];
      t.ok(1 - kept / params >= (PRUNED[id] ?? 0), `${id}: ${kept} of ${params} kept`);
      const dtype = needsData ? 'i8' : 'f32';
      t.ok(
        kernels.every(({ name }) => weights.get(name)!.dtype === dtype),
        `${id}: ${dtype}`,
      );
    }
  });

t.test('the schema of a recipe names kinds, limits and choices', async (t) => {
  const { properties } = recipes.schema as { properties: Record<string, any> };
  t.match(properties['seed'], { type: 'integer', minimum: 0, default: 1 });
  const [prune] = properties['prune'].anyOf;
  t.match(prune.properties.sparsity.anyOf[0], { type: 'number', minimum: 0, exclusiveMaximum: 1 });
  t.ok(prune.properties.criterion.enum.includes('lamp'));
  t.match(properties['storage'].properties.float16, { type: 'boolean' });
});
