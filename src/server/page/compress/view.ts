/** Upload a model, compress it by a recipe, watch, download, and run it here. */
import { byId, explain, make } from '../dom.js';
import type { View } from '../views.js';
import { createJob, listDatasets, listJobs, listRecipes } from './api.js';
import { chosenFiles, listenForModel } from './files.js';
import { checkedRecipe, createRecipeForm, needsData } from './form.js';
import { createJobCard } from './job-card.js';

function showProblem(message: string): void {
  byId('job-problem').textContent = message;
  byId('job-problem').hidden = message === '';
}

/** What keeps the form from being sent. */
function fault(dataset: string): string | undefined {
  if (chosenFiles().length === 0) return 'Choose the files of a model first.';
  const checked = checkedRecipe();
  if ('problem' in checked) return checked.problem;
  if (needsData() && !dataset) return 'This recipe looks at samples: choose a data set.';
  return undefined;
}

async function send(): Promise<void> {
  const dataset = byId<HTMLSelectElement>('dataset').value;
  const wrong = fault(dataset);
  showProblem(wrong ?? '');
  if (wrong) return;
  const button = byId<HTMLButtonElement>('compress-button');
  button.disabled = true;
  button.textContent = 'Sending…';
  try {
    const recipe = byId<HTMLTextAreaElement>('recipe-text').value;
    const job = await createJob(chosenFiles(), {
      recipe,
      dataset,
      name: byId<HTMLInputElement>('job-name').value.trim(),
    });
    byId('jobs').prepend(make('li', {}, createJobCard(job).element));
    byId('no-jobs').hidden = true;
  } catch (error) {
    showProblem(explain(error));
  } finally {
    button.disabled = false;
    button.textContent = 'Compress';
  }
}

async function prepare(): Promise<void> {
  const [{ presets, schema }, datasets, jobs] = await Promise.all([
    listRecipes(),
    listDatasets(),
    listJobs(),
  ]);
  createRecipeForm(presets, schema, datasets);
  const newest = jobs.toSorted((a, b) => b.created.localeCompare(a.created));
  byId('jobs').replaceChildren(...newest.map((job) => make('li', {}, createJobCard(job).element)));
  byId('no-jobs').hidden = jobs.length > 0;
  byId<HTMLButtonElement>('compress-button').disabled = false;
  document.body.dataset['compress'] = 'ready';
}

export function createCompressView(): View {
  listenForModel(showProblem);
  byId('compress-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void send();
  });
  prepare().catch((error: unknown) => showProblem(explain(error)));
  return { show: () => {}, hide: () => {} };
}
