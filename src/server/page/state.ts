/** What all views share: the models, the one that is looked at, and what it is shown. */
import { isUsable, type BrokenModel, type PageModel } from './api.js';
import type { Source } from './engines/engine.js';
import { DENSE, type RuntimeId } from './runtimes.js';
import type { Seen } from './picture/input.js';

type Listener = () => void;

/** Files that were made here and are not on the server, by address. */
const own = new Map<string, Uint8Array>();
const listeners = { model: new Set<Listener>(), models: new Set<Listener>(), seen: new Set<Listener>() };

export const state: {
  models: (PageModel | BrokenModel)[];
  model?: PageModel;
  /** What the model is shown now. */
  seen?: Seen;
} = { models: [] };

export function on(what: keyof typeof listeners, listener: Listener): void {
  listeners[what].add(listener);
}

const tell = (what: keyof typeof listeners): void => listeners[what].forEach((listener) => listener());

export const usable = (): PageModel[] => state.models.filter(isUsable);

export function setModels(models: (PageModel | BrokenModel)[]): void {
  state.models = models;
  tell('models');
}

export function setModel(model: PageModel): void {
  state.model = model;
  tell('model');
}

export function setSeen(seen: Seen | undefined): void {
  state.seen = seen;
  tell('seen');
}

/** A model of one version that was made here; it is looked at from now on. */
export function addOwn(model: PageModel, file: Uint8Array): void {
  own.set(model.versions[0].url, file);
  setModels([...state.models.filter(({ name }) => name !== model.name), model]);
  setModel(model);
}

/** What an engine opens for a version, or for the dense original. */
export function sourceOf(model: PageModel, version: string, runtime: RuntimeId): Source {
  const { name, inputShape, dense, versions } = model;
  const base = { model: name, version, inputShape };
  if (version === DENSE) return { ...base, url: runtime === 'ort-web' ? dense!.onnx!.url : dense!.url };
  const { url } = versions.find(({ id }) => id === version)!;
  return { ...base, url, bytes: own.get(url) };
}

/** The version that is shown first: `model`, else the one with the fewest weights. */
export function firstVersion({ versions }: PageModel): string {
  return (versions.find(({ id }) => id === 'model') ?? versions[versions.length - 1]).id;
}
