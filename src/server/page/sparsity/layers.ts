/** The layers of one version: mask, kept share, bytes, milliseconds. */
import type { NodeProfile } from '../../../runtime/index.js';
import type { Layer } from '../bench/layers.js';
import { byId, make } from '../dom.js';
import { bytes, count, milliseconds, share } from '../units.js';
import { drawMask } from './mask-picture.js';

function meter(fraction: number): HTMLElement {
  const fill = make('i');
  fill.style.width = `${100 * fraction}%`;
  return make('span', { className: 'meter', 'aria-hidden': 'true' }, fill);
}

function fact(term: string, value: string, fraction: number): HTMLElement {
  return make('div', {}, make('dt', {}, term), make('dd', {}, value, meter(fraction)));
}

function item(layer: Layer, ms: number, total: { bytes: number; ms: number }): HTMLElement {
  const canvas = make('canvas', { role: 'img' });
  drawMask(canvas, layer);
  const [rows, columns] = layer.block;
  const block = rows * columns > 1 ? `, blocks of ${rows}×${columns}` : '';
  const facts = make(
    'dl',
    {},
    fact(
      'Kept',
      `${share(layer.kept / layer.params)}, ${count(layer.kept)} of ${count(layer.params)}`,
      layer.kept / layer.params,
    ),
    fact('Bytes', bytes(layer.bytes), layer.bytes / total.bytes),
    fact('Time', milliseconds(ms), ms / total.ms),
  );
  const title = make(
    'h3',
    {},
    layer.name,
    make('small', {}, `${layer.op}, ${layer.shape.join('×')}${block}`),
  );
  return make('li', {}, make('div', {}, title, facts), make('div', { className: 'mask' }, canvas));
}

/** What takes time and has no kernel. */
function rest(profile: readonly NodeProfile[], layers: readonly Layer[], total: number): HTMLElement | '' {
  const named = new Set(layers.map(({ name }) => name));
  const others = profile.filter(({ name }) => !named.has(name));
  if (others.length === 0) return '';
  const ms = others.reduce((sum, node) => sum + node.ms, 0);
  const ops = [...new Set(others.map(({ op }) => op))].join(', ');
  const title = make('h3', {}, 'Without weights', make('small', {}, ops));
  return make('li', {}, make('div', {}, title, make('dl', {}, fact('Time', milliseconds(ms), ms / total))));
}

export function showLayers(layers: readonly Layer[], profile: readonly NodeProfile[]): void {
  const timeOf = (name: string): number => profile.find((node) => node.name === name)?.ms ?? 0;
  const total = {
    bytes: layers.reduce((sum, layer) => sum + layer.bytes, 0) || 1,
    ms: profile.reduce((sum, node) => sum + node.ms, 0) || 1,
  };
  byId('layers').replaceChildren(
    ...layers.map((layer) => item(layer, timeOf(layer.name), total)),
    rest(profile, layers, total.ms),
  );
}
