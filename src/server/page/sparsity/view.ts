/** Sparsity made visible: the versions of a model, what they cost, and their masks. */
import type { PageModel, Version } from '../api.js';
import { call } from '../bench/client.js';
import { Gathering } from '../compare/distribution.js';
import { byId, explain } from '../dom.js';
import { firstVersion, on, sourceOf, state } from '../state.js';
import { bytes, milliseconds, percent, share } from '../units.js';
import type { View } from '../views.js';
import { showLayers } from './layers.js';
import { createTrend, type Trend } from './trend.js';

const ROUNDS = 60;
const PROFILE_RUNS = 200;

const slider = byId<HTMLInputElement>('density');
const density = ({ kept, params }: Version): number => kept / params;

let trends: Record<'accuracy' | 'bytes' | 'latency', Trend>;
/** The model whose versions are open in the worker. */
let opened: PageModel | undefined;
let latencies = new Map<string, Gathering>();
let seen = false;
/** Grows with each move of the slider and each model: what an older one brings is dropped. */
let turn = 0;

const keyOf = (version: Version): string => `sparsity:${version.url}`;
const medianOf = ({ id }: Version): number | null => latencies.get(id)?.distribution?.median ?? null;

/** The picture that is shown in Compare; an empty one where there is none. */
const inputOf = ({ inputShape }: PageModel): Float32Array =>
  state.seen?.input ?? new Float32Array(inputShape.reduce((product, dim) => product * dim, 1));

const chosen = ({ versions }: PageModel): Version => versions[Number(slider.value)];

function showFigures(model: PageModel): void {
  const version = chosen(model);
  const median = medianOf(version);
  byId('density-value').textContent = share(density(version));
  slider.ariaValueText = `${share(density(version))} of the weights kept`;
  byId('trend-accuracy').textContent =
    version.accuracy === null ? 'not stated' : percent(version.accuracy, 2);
  byId('trend-bytes').textContent = bytes(version.bytes);
  byId('trend-latency').textContent = median === null ? '–' : milliseconds(median);
  for (const trend of Object.values(trends)) trend.mark(Number(slider.value));
}

function showTrends({ versions }: PageModel): void {
  const names = versions.map((version) => share(density(version)));
  trends.accuracy.show(
    versions.map(({ accuracy }) => accuracy && 100 * accuracy),
    names,
  );
  trends.bytes.show(
    versions.map((version) => version.bytes),
    names,
  );
  trends.latency.show(versions.map(medianOf), names);
}

async function showMasks(model: PageModel): Promise<void> {
  const mine = ++turn;
  const version = chosen(model);
  try {
    const [layers, profile] = await Promise.all([
      call('layers', sourceOf(model, version.id, 'lopper')),
      call('profile', { key: keyOf(version), input: inputOf(model), runs: PROFILE_RUNS }),
    ]);
    if (mine !== turn) return;
    byId('layers-problem').hidden = true;
    showLayers(layers, profile);
    document.body.dataset['layers'] = version.id;
  } catch (error) {
    if (mine !== turn) return;
    byId('layers-problem').textContent = explain(error);
    byId('layers-problem').hidden = false;
    byId('layers').replaceChildren();
  }
}

async function openVersions(model: PageModel): Promise<void> {
  for (const version of opened?.versions ?? []) void call('close', { key: keyOf(version) });
  opened = model;
  latencies = new Map(model.versions.map(({ id }) => [id, new Gathering()]));
  await Promise.all(
    model.versions.map((version) =>
      call('open', {
        ...sourceOf(model, version.id, 'lopper'),
        key: keyOf(version),
        runtime: 'lopper',
        threads: 1,
      }),
    ),
  );
}

/** Times all versions in turns; the charts grow with it. */
async function measure(model: PageModel): Promise<void> {
  const input = inputOf(model);
  const keys = model.versions.map(keyOf);
  const ended = await call('time', { keys, input, rounds: ROUNDS }, (samples) => {
    if (model !== state.model) return;
    for (const version of model.versions) {
      const fresh = samples[keyOf(version)];
      if (fresh) latencies.get(version.id)!.add(fresh.samples, fresh.count);
    }
    showTrends(model);
    showFigures(model);
  });
  if (ended) document.body.dataset['sparsity'] = model.name;
}

function prepare(model: PageModel): void {
  slider.max = String(model.versions.length - 1);
  slider.value = String(model.versions.findIndex(({ id }) => id === firstVersion(model)));
  slider.disabled = model.versions.length < 2;
  byId('density-note').textContent =
    model.versions.length > 1
      ? 'All versions take turns on this device. Accuracy was measured on the test samples when they were made.'
      : 'This model comes in one version; mnist-cnn has several.';
}

async function useModel(): Promise<void> {
  const { model } = state;
  if (!model || !seen) return;
  prepare(model);
  try {
    if (opened !== model) await openVersions(model);
    if (model !== state.model) return;
    showTrends(model);
    showFigures(model);
    await showMasks(model);
    await measure(model);
  } catch (error) {
    byId('layers-problem').textContent = explain(error);
    byId('layers-problem').hidden = false;
  }
}

export function createSparsityView(): View {
  trends = {
    accuracy: createTrend(byId('chart-accuracy'), (value) => `${value.toFixed(1)} %`),
    bytes: createTrend(byId('chart-bytes'), bytes),
    latency: createTrend(byId('chart-latency'), milliseconds),
  };
  slider.addEventListener('input', () => {
    showFigures(state.model!);
    void showMasks(state.model!);
  });
  on('model', () => void useModel());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => void showMasks(state.model!));
  return {
    show: () => {
      seen = true;
      void useModel();
    },
    hide: () => {
      seen = false;
      void call('stop', null);
    },
  };
}
