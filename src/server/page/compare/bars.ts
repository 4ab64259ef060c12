/** Probabilities as bars: of every class where they are few, else of the best ones. */
import { make } from '../dom.js';
import { percent } from '../units.js';
import { labelOf, topOf } from './scores.js';

/** Most classes that stand side by side. */
const MOST_COLUMNS = 12;
const ROWS = 5;

export const setHeights = (fills: readonly HTMLElement[], fractions: ArrayLike<number>): void =>
  fills.forEach((fill, i) => (fill.style.height = `${100 * (fractions[i] ?? 0)}%`));

/** Columns that grow from below; returns what fills them. */
export function columns(parent: HTMLElement, count: number, label?: (i: number) => string): HTMLElement[] {
  parent.style.setProperty('--count', String(count));
  parent.replaceChildren();
  return Array.from({ length: count }, (_, i) => {
    const fill = make('i');
    const column = make('div', {}, make('span', {}, fill));
    if (label) column.append(make('b', {}, label(i)));
    parent.append(column);
    return fill;
  });
}

export interface Bars {
  show(chances: readonly number[], labels: readonly string[] | null): void;
  clear(classes: number): void;
}

export function createBars(parent: HTMLElement): Bars {
  let fills: HTMLElement[] = [];
  const asRows = (chances: readonly number[], labels: readonly string[] | null): void => {
    const rows = topOf(chances, ROWS).map((i) => {
      const fill = make('i');
      fill.style.width = `${100 * chances[i]}%`;
      return make('div', {}, make('b', {}, labelOf(labels, i)), make('span', {}, fill));
    });
    parent.replaceChildren(...rows);
  };
  const asColumns = (chances: readonly number[], labels: readonly string[] | null): void => {
    if (fills.length !== chances.length) fills = columns(parent, chances.length, (i) => labelOf(labels, i));
    setHeights(fills, chances);
    const top = topOf(chances, 1)[0];
    fills.forEach((fill, i) => fill.closest('div')!.classList.toggle('best', i === top));
  };
  return {
    show: (chances, labels) => {
      const many = chances.length > MOST_COLUMNS;
      parent.classList.toggle('rows', many);
      if (many) {
        fills = [];
        asRows(chances, labels);
      } else asColumns(chances, labels);
      const told = topOf(chances, MOST_COLUMNS).map(
        (i) => `${labelOf(labels, i)}: ${percent(chances[i], 1)}`,
      );
      parent.ariaLabel = `Probabilities: ${told.join(', ')}`;
    },
    clear: (classes) => {
      parent.ariaLabel = 'Probabilities: none yet';
      if (classes > MOST_COLUMNS) return parent.replaceChildren();
      parent.classList.remove('rows');
      if (fills.length !== classes) fills = columns(parent, classes, String);
      setHeights(fills, []);
      fills.forEach((fill) => fill.closest('div')!.classList.remove('best'));
    },
  };
}
