/** The two selects of a card: which network, in which runtime. */
import type { PageModel } from '../api.js';
import { make } from '../dom.js';
import { DENSE, runtimesFor, type RuntimeId } from '../runtimes.js';
import { share } from '../units.js';

/** What a version is called: by what it keeps. */
export function titleOf(model: PageModel, version: string): string {
  if (version === DENSE) return 'Dense original, f32';
  const { kept, params, dtype } = model.versions.find(({ id }) => id === version)!;
  const type = dtype === 'mixed' ? 'mixed int8 and f32' : dtype;
  return kept / params > 0.95 ? `Dense, ${type}` : `Pruned, ${share(kept / params)} kept, ${type}`;
}

/** Fills the select of networks: the dense original first. */
export function fillVersions(select: HTMLSelectElement, model: PageModel, chosen: string): void {
  const ids = [...(model.dense ? [DENSE] : []), ...model.versions.map(({ id }) => id)];
  select.replaceChildren(
    ...ids.map((id) => make('option', { value: id, selected: id === chosen }, titleOf(model, id))),
  );
}

/** Fills the select of runtimes; what cannot run is there, disabled, with the reason. */
export function fillRuntimes(
  select: HTMLSelectElement,
  model: PageModel,
  version: string,
  chosen: RuntimeId,
): void {
  select.replaceChildren(
    ...runtimesFor(version).map((runtime) => {
      const reason = runtime.lacks(model);
      const text = reason ? `${runtime.title} (${reason})` : runtime.title;
      return make(
        'option',
        { value: runtime.id, selected: runtime.id === chosen, disabled: Boolean(reason) },
        text,
      );
    }),
  );
}

/** The runtime that a version starts with: the first that works, `wanted` before others. Undefined where none does. */
export function runtimeFor(model: PageModel, version: string, wanted?: RuntimeId): RuntimeId | undefined {
  const working = runtimesFor(version).filter(({ lacks }) => !lacks(model));
  return (working.find(({ id }) => id === wanted) ?? working[0])?.id;
}
