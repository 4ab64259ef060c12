/** The files of the model that is to be compressed. */
import { byId, explain, make } from '../dom.js';
import { bytes } from '../units.js';
import type { PageModel } from '../api.js';
import { on, usable } from '../state.js';

let files: File[] = [];

export const chosenFiles = (): readonly File[] => files;

/** A name for the job: the file's, or where that says nothing, none. */
export function nameOf(chosen: readonly File[]): string {
  const main = chosen.find(({ name }) => /\.(json|h5|keras|tflite|onnx)$/i.test(name));
  const stem = main?.name.replace(/\.\w+$/, '') ?? '';
  return stem === 'model' ? '' : stem;
}

function choose(chosen: readonly File[]): void {
  if (chosen.length === 0) return;
  files = [...chosen];
  const total = files.reduce((sum, { size }) => sum + size, 0);
  byId('model-list').replaceChildren(
    ...files.map((file) => make('li', {}, `${file.name} `, make('small', {}, bytes(file.size)))),
  );
  byId('model-total').textContent = files.length > 1 ? `${files.length} files, ${bytes(total)}` : '';
  byId<HTMLInputElement>('job-name').value ||= nameOf(files);
}

/** A bundled network, once the models are known. */
const example = (): PageModel | undefined => usable().find(({ dense, own }) => dense && !own);

/** Its dense original, as if its files had been chosen. */
async function chooseExample(): Promise<void> {
  const model = example()!;
  const url = new URL(model.dense!.url, location.href);
  const text = await (await fetch(url)).text();
  const { weightsManifest } = JSON.parse(text) as { weightsManifest: { paths: string[] }[] };
  const shards = weightsManifest.flatMap(({ paths }) => paths);
  const parts = await Promise.all(
    shards.map(async (path) => new File([await (await fetch(new URL(path, url))).blob()], path)),
  );
  byId<HTMLInputElement>('job-name').value = model.name;
  choose([new File([text], 'model.json', { type: 'application/json' }), ...parts]);
}

/** Chosen, dropped, or the example. @param onProblem hears why the example cannot be had */
export function listenForModel(onProblem: (message: string) => void): void {
  const input = byId<HTMLInputElement>('model-files');
  const zone = byId('model-drop');
  byId('choose-model').addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    choose([...(input.files ?? [])]);
    input.value = '';
  });
  zone.addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  zone.addEventListener('dragleave', () => zone.classList.remove('over'));
  zone.addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    choose([...(event.dataTransfer?.files ?? [])]);
  });
  const take = byId<HTMLButtonElement>('example-model');
  take.addEventListener('click', () => {
    chooseExample().catch((error: unknown) => onProblem(explain(error)));
  });
  const showExample = (): void => void (take.disabled = example() === undefined);
  showExample();
  on('models', showExample);
}
