/** The recipe's form: presets, the common keys as controls, and the whole text, which are one and the same recipe. */
import { byId, make } from '../dom.js';
import { percent } from '../units.js';
import type { Dataset, Preset, Recipe } from './api.js';
import { createChecker, type Checked } from './check.js';
import { commonKeys, withBlock, withEpochs, withSparsity, withType } from './recipe.js';

const preset = byId<HTMLSelectElement>('preset');
const text = byId<HTMLTextAreaElement>('recipe-text');
const sparsity = byId<HTMLInputElement>('recipe-sparsity');
const block = byId<HTMLSelectElement>('recipe-block');
const epochs = byId<HTMLInputElement>('recipe-epochs');
const type = byId<HTMLSelectElement>('recipe-type');

let check: (text: string) => Checked;
let presets: readonly Preset[] = [];

const chosenPreset = (): Preset | undefined => presets.find(({ id }) => id === preset.value);

/** Shows in the controls what the recipe says. */
function showKeys(recipe: Recipe): void {
  const keys = commonKeys(recipe);
  sparsity.value = String(keys.sparsity ?? 0);
  byId('recipe-sparsity-value').textContent =
    keys.sparsity === null ? 'as the recipe says' : percent(keys.sparsity, 0);
  if (![...block.options].some(({ value }) => value === keys.block))
    block.append(make('option', { value: keys.block }, keys.block.replace('x', '×')));
  block.value = keys.block;
  epochs.value = String(keys.epochs);
  type.value = keys.type;
}

function showCheck(): Checked {
  const checked = check(text.value);
  const problem = 'problem' in checked ? checked.problem : '';
  byId('recipe-problem').textContent = problem || 'The recipe is well formed.';
  byId('recipe-problem').className = problem ? 'problem' : 'quiet';
  text.ariaInvalid = String(Boolean(problem));
  for (const control of [sparsity, block, epochs, type]) control.disabled = Boolean(problem);
  return checked;
}

function write(recipe: Recipe): void {
  text.value = JSON.stringify(recipe, null, 2);
  showCheck();
  showKeys(recipe);
}

function usePreset(): void {
  const chosen = chosenPreset();
  if (!chosen) return;
  byId('preset-description').textContent = chosen.description;
  write(chosen.recipe);
}

/** A control changes one key of what the text says. */
function onControl(change: (recipe: Recipe) => Recipe): () => void {
  return () => {
    const checked = check(text.value);
    if ('recipe' in checked) write(change(checked.recipe));
  };
}

/** The recipe's text, where it is one. */
export function checkedRecipe(): Checked {
  return showCheck();
}

export const needsData = (): boolean => chosenPreset()?.needsData ?? true;

export function createRecipeForm(
  listed: readonly Preset[],
  schema: object,
  datasets: readonly Dataset[],
): void {
  presets = listed;
  check = createChecker(schema);
  preset.replaceChildren(...listed.map(({ id, title }) => make('option', { value: id }, title)));
  byId('dataset').replaceChildren(
    make('option', { value: '' }, 'none'),
    ...datasets.map(({ name, title }) => make('option', { value: name }, title)),
  );
  // with samples at hand, a recipe that prunes says most
  const first = listed.find(({ recipe }) => datasets.length > 0 && commonKeys(recipe).sparsity) ?? listed[0];
  if (first) preset.value = first.id;
  if (datasets.length > 0) byId<HTMLSelectElement>('dataset').value = datasets[0].name;
  preset.addEventListener('change', usePreset);
  text.addEventListener('input', () => {
    const checked = showCheck();
    if ('recipe' in checked) showKeys(checked.recipe);
  });
  sparsity.addEventListener(
    'input',
    onControl((recipe) => withSparsity(recipe, Number(sparsity.value))),
  );
  block.addEventListener(
    'change',
    onControl((recipe) => withBlock(recipe, block.value)),
  );
  epochs.addEventListener(
    'change',
    onControl((recipe) => withEpochs(recipe, Math.max(0, Math.round(Number(epochs.value) || 0)))),
  );
  type.addEventListener(
    'change',
    onControl((recipe) => withType(recipe, type.value as 'int8' | 'f32', chosenPreset()?.recipe)),
  );
  usePreset();
}
