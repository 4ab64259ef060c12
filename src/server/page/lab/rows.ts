/** A result as cells of a table. */
import { make } from '../dom.js';
import { DENSE, runtimeOf } from '../runtimes.js';
import { bytes, count, milliseconds } from '../units.js';
import type { Result } from './api.js';

const number = (text: string): HTMLElement => make('td', { className: 'number' }, text);

export function resultCells(result: Result): HTMLElement[] {
  const version = result.version === DENSE ? 'dense original' : result.version;
  return [
    make('td', {}, result.model),
    make('td', {}, version),
    make('td', {}, runtimeOf(result.runtime).title),
    number(milliseconds(result.median_ms)),
    number(milliseconds(result.p95_ms)),
    number(count(result.runs)),
    number(bytes(result.bytes)),
  ];
}
