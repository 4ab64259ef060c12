import { best, createCard, type Card } from './card.js';
import type { Engine, EngineScript } from './engines/engine.js';
import { inkOf, inputOf, pixelsOf } from './input.js';
import { normalizeDigit, SIZE } from './normalize.js';
import { createPad } from './pad.js';
import { pickModel, type PageModel } from './picker.js';
import { SAMPLES } from './samples.js';
import { timeEngines } from './timing.js';
import { transferOf, type Side } from './transfer.js';
import { percent, times } from './units.js';

interface Contender {
  title: string;
  side: Side;
  card: Card;
  script: Promise<EngineScript>;
  engine?: Engine;
}

const byId = (id: string): HTMLElement => document.getElementById(id)!;
const section = (side: string): HTMLElement => document.querySelector(`[data-side="${side}"]`)!;

const dense: Contender = {
  title: 'Dense',
  side: 'tfjs',
  card: createCard(section('dense')),
  script: import('./engines/tfjs.js'),
};
const pruned: Contender = {
  title: 'Pruned',
  side: 'lopper',
  card: createCard(section('pruned')),
  script: import('./engines/lopper.js'),
};
const contenders = [dense, pruned];

let model: PageModel | undefined;
let image: Float32Array | undefined;
/** Grows with every drawing and every model: an answer to an older question is dropped. */
let question = 0;

const explain = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function showSeen(): void {
  const context = (byId('seen') as HTMLCanvasElement).getContext('2d')!;
  const pixels = context.createImageData(SIZE, SIZE);
  for (let i = 0; i < SIZE * SIZE; i++) pixels.data.set([255, 255, 255, 255 * (image?.[i] ?? 0)], 4 * i);
  context.putImageData(pixels, 0, 0);
}

function showTransfers(): void {
  if (!model) return;
  const [of, to] = contenders.map(({ side }) => transferOf(side, model!.name));
  dense.card.showTransfer(of);
  pruned.card.showTransfer(to);
  if (!of.model || !to.model) return;
  byId('smaller').textContent = times(of.model, to.model);
  byId('lighter').textContent = times(of.model + of.runtime, to.model + to.runtime);
}

/** Both networks answer at once; where one is still loading, it answers when it is there. */
function answer(): string {
  const said: string[] = [];
  for (const { engine, card, title } of contenders) {
    if (!image || !engine) continue;
    const scores = engine.run(inputOf(image, model!.preprocessing));
    card.showScores(scores);
    said.push(`${title}: ${best(scores)}, ${percent(scores[best(scores)], 0)}`);
  }
  return said.join('. ');
}

async function measure(): Promise<void> {
  const mine = ++question;
  byId('status').textContent = answer();
  const engines = contenders.map(({ engine }) => engine);
  if (!image || !engines.every((engine) => engine !== undefined)) return;
  const timings = await timeEngines(engines, inputOf(image, model!.preprocessing), () => mine !== question);
  if (!timings) return;
  contenders.forEach(({ card }, i) => card.showTiming(timings[i]));
  byId('faster').textContent = times(timings[0].median, timings[1].median);
}

async function openEngine(contender: Contender, name: string, wanted: () => boolean): Promise<void> {
  try {
    const engine = await (await contender.script).open(name);
    if (wanted()) contender.engine = engine;
    else engine.dispose();
  } catch (error) {
    if (wanted()) contender.card.showProblem(`${name}: ${explain(error)}`);
  }
}

async function useModel(picked: PageModel): Promise<void> {
  model = picked;
  const mine = ++question;
  const wanted = (): boolean => model === picked;
  for (const contender of contenders) {
    contender.engine?.dispose();
    contender.engine = undefined;
    contender.card.clear(image ? 'loading' : 'draw something');
  }
  byId('faster').textContent = '–';
  dense.card.showAccuracy(picked.accuracy.dense);
  pruned.card.showAccuracy(picked.accuracy.lopper);
  const sparsity = picked.sparsity === null ? '' : `, ${percent(picked.sparsity, 1)} zeros`;
  document.querySelector('[data-field="kind"]')!.textContent = `int8${sparsity}`;
  await Promise.all(contenders.map((contender) => openEngine(contender, picked.name, wanted)));
  if (!wanted()) return;
  document.body.dataset['ready'] = String(mine);
  showTransfers();
  await measure();
}

const pad = createPad(byId('pad') as HTMLCanvasElement, {
  onInk: () => {
    question++;
    byId('hint').hidden = true;
    image = normalizeDigit(pad.ink());
    showSeen();
    answer();
  },
  onStroke: () => void measure(),
});

/** A picture dropped on the pad is seen as the model's file says pictures are. */
async function see(file: Blob): Promise<void> {
  pad.clear();
  byId('hint').hidden = true;
  image = inkOf(await pixelsOf(file), model?.preprocessing ?? null);
  showSeen();
  await measure();
}

byId('pad').addEventListener('dragover', (event) => event.preventDefault());
byId('pad').addEventListener('drop', (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer?.files ?? [];
  if (file) see(file).catch((error: unknown) => (byId('status').textContent = explain(error)));
});

byId('clear').addEventListener('click', () => {
  pad.clear();
  question++;
  image = undefined;
  showSeen();
  byId('hint').hidden = false;
  byId('faster').textContent = '–';
  for (const { card } of contenders) card.clear('draw something');
});

for (const [digit, strokes] of SAMPLES.entries()) {
  const button = Object.assign(document.createElement('button'), {
    type: 'button',
    textContent: String(digit),
  });
  button.addEventListener('click', () => pad.drawStrokes(strokes));
  byId('samples').append(button);
}

new PerformanceObserver(showTransfers).observe({ type: 'resource', buffered: true });
pickModel(byId('models'), (picked) => void useModel(picked)).catch((error: unknown) => {
  for (const { card } of contenders) card.showProblem(explain(error));
});
