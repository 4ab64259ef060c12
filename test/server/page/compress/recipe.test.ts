import t from 'tap';
import { parseRecipe } from '../../../../src/compress/index.js';
import { recipes } from '../../../../src/cli/server/recipes.js';
import {
  commonKeys,
  withBlock,
  withEpochs,
  withSparsity,
  withType,
} from '../../../../src/server/page/compress/recipe.js';

const recipe = {
  name: 'x',
  prune: { criterion: 'lamp', sparsity: 0.5, schedule: { begin: 0, end: 8 } },
  recover: { epochs: 10, batch: 64 },
  quantize: { weights: { bits: 5 } },
};

t.test('the common keys of a recipe', async (t) => {
  t.same(commonKeys(recipe), { sparsity: 0.5, block: '1x1', epochs: 10, type: 'int8' });
  t.same(commonKeys({}), { sparsity: null, block: '1x1', epochs: 0, type: 'f32' });
  t.equal(commonKeys({ prune: { sparsity: { 'conv*': 0.5 } } }).sparsity, null, 'one a layer');
});

t.test('setting one leaves the others as they are', async (t) => {
  t.same(withSparsity(recipe, 0.9), { ...recipe, prune: { ...recipe.prune, sparsity: 0.9 } });
  t.same(withBlock(recipe, '2x4').prune, { ...recipe.prune, block: [2, 4] });
  t.same(withEpochs(recipe, 20), { ...recipe, recover: { epochs: 20, batch: 64 } });
  t.same(withType(recipe, 'int8'), recipe);
  t.notOk('quantize' in withType(recipe, 'f32'));
  t.same(withType(withType(recipe, 'f32'), 'int8', recipe), recipe, 'and back');
});

t.test('a schedule ends within the training', async (t) => {
  t.same(withEpochs(recipe, 4).prune, { ...recipe.prune, schedule: { begin: 0, end: 2 } });
  t.notOk('recover' in withEpochs(recipe, 0));
});

t.test('what the controls make of a preset, the pipeline takes', async (t) => {
  for (const preset of recipes.presets.filter(({ needsData }) => needsData)) {
    const trained = withEpochs(withSparsity(preset.recipe, 0.8), 3);
    t.doesNotThrow(() => parseRecipe(withType(withBlock(trained, '2x2'), 'int8')), preset.id);
  }
});
