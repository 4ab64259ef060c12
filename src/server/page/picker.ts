/** The choice of the model that Compare and Sparsity look at. */
import { isUsable, type BrokenModel, type PageModel } from './api.js';
import { byId, make } from './dom.js';
import { on, setModel, state } from './state.js';

function choice(model: PageModel | BrokenModel): HTMLElement {
  const broken = isUsable(model) ? undefined : model.error;
  const input = make('input', {
    type: 'radio',
    name: 'model',
    value: model.name,
    disabled: broken !== undefined,
    checked: model.name === state.model?.name,
  });
  input.addEventListener('change', () => setModel(model as PageModel));
  const title = isUsable(model) ? model.title : `${model.name} cannot be read: ${broken}`;
  return make('label', { title }, input, make('span', {}, model.name));
}

function fill(): void {
  const legend = byId('models').querySelector('legend')!;
  byId('models').replaceChildren(legend, ...state.models.map(choice));
}

/** A radio button for each model; those that cannot be read are disabled and say why. */
export function createPicker(): void {
  on('models', fill);
  on('model', () => {
    for (const input of byId('models').querySelectorAll('input'))
      input.checked = input.value === state.model?.name;
  });
}
