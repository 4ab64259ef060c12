import type { Preprocessing } from '../../preprocess/preprocessing.js';

/** One entry of `GET /api/models` that can be used. */
export interface PageModel {
  name: string;
  sparsity: number | null;
  accuracy: { dense: number | null; lopper: number | null };
  preprocessing: Preprocessing | null;
}

type Listed = PageModel | { name: string; error: string };

async function fetchModels(): Promise<Listed[]> {
  const response = await fetch('/api/models');
  if (!response.ok)
    throw new Error(`the list of models: expected status 200, got ${response.status}; reload the page`);
  return ((await response.json()) as { models: Listed[] }).models;
}

function choice(
  name: string,
  title: string,
  disabled: boolean,
): { label: HTMLElement; input: HTMLInputElement } {
  const input = Object.assign(document.createElement('input'), {
    type: 'radio',
    name: 'model',
    value: name,
    disabled,
  });
  const label = Object.assign(document.createElement('label'), { title });
  label.append(input, Object.assign(document.createElement('span'), { textContent: name }));
  return { label, input };
}

/** Fills `fieldset` with a radio button a model and calls `onPick` for the first and then for each picked one. */
export async function pickModel(fieldset: HTMLElement, onPick: (model: PageModel) => void): Promise<void> {
  const models = await fetchModels();
  const usable = models.filter((model): model is PageModel => !('error' in model));
  if (usable.length === 0)
    throw new Error('expected a model to show, got none; give the server a folder with --models');
  const first = usable.find(({ name }) => name === 'mnist-cnn') ?? usable[0];
  for (const model of models) {
    const { label, input } = choice(model.name, 'error' in model ? model.error : '', 'error' in model);
    input.checked = model === first;
    input.addEventListener('change', () => onPick(model as PageModel));
    fieldset.append(label);
  }
  onPick(first);
}
