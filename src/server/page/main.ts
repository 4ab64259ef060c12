/** Starts the page. */
import { isUsable, listModels } from './api.js';
import { createCompareView } from './compare/view.js';
import { byId, explain } from './dom.js';
import { createPicker } from './picker.js';
import { setModel, setModels } from './state.js';
import { followAddress } from './views.js';

const FIRST = 'mnist-cnn';

async function start(): Promise<void> {
  const models = await listModels();
  const usable = models.filter(isUsable);
  setModels(models);
  if (usable.length === 0)
    throw new Error(
      'There is no model to show yet: give the server a folder with --models, or compress one here.',
    );
  setModel(usable.find(({ name }) => name === FIRST) ?? usable[0]);
}

createPicker();
followAddress(createCompareView());
start().catch((error: unknown) => {
  byId('page-problem').textContent = explain(error);
  byId('page-problem').hidden = false;
});
