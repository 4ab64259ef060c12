import t from 'tap';
import { recipes } from '../../../../src/cli/server/recipes.js';
import { createChecker } from '../../../../src/server/page/compress/check.js';

const check = createChecker(recipes.schema);
const problemOf = (recipe: unknown): string => {
  const checked = check(typeof recipe === 'string' ? recipe : JSON.stringify(recipe));
  return 'problem' in checked ? checked.problem : '';
};

t.test('every preset is well formed, and comes back as it was', async (t) => {
  t.ok(recipes.presets.length > 3);
  for (const { id, recipe } of recipes.presets) t.same(check(JSON.stringify(recipe)), { recipe }, id);
});

t.test('each fault is told by its place', async (t) => {
  t.match(problemOf({ prunee: {} }), /^prunee: a recipe has no such key/);
  t.match(problemOf({ prune: { sparsty: 0.5 } }), /^prune\.sparsty: a recipe has no such key/);
  t.match(problemOf({ prune: { criterion: 'guess' } }), /^prune\.criterion: .*guess|^prune\.criterion: /);
  t.match(problemOf({ recover: { epochs: 'many' } }), /^recover\.epochs: .*"string".*"(integer|number)"/);
  t.match(problemOf({ seed: -1 }), /^seed: /);
  t.match(problemOf([]), /^recipe: .*"array".*"object"/);
});

t.test('a text that is not JSON is told with line and column', async (t) => {
  t.match(problemOf('{\n  "seed": 1,\n}'), /not JSON yet: .*(line 3|\(line 3, column 1\))/s);
  t.match(problemOf(''), /not JSON yet/);
});
