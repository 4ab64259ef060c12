import type { SearchReport } from '../../compress/search/index.js';
import { count, percent, table } from '../support/output.js';

/** The undominated trials, and among them the chosen one, as people read them. */
export function paretoTable({ trials, chosen, reference, cost }: SearchReport): string {
  const shown = trials
    .filter(
      ({ front, stage, genes }) => front || (stage === chosen.stage && `${genes}` === `${chosen.genes}`),
    )
    .toSorted((a, b) => order(a.stage) - order(b.stage) || a.result.bytes - b.result.bytes);
  const names = Object.keys(chosen.choices);
  const rows = shown.map(({ stage, result, genes, choices, holds }) => [
    stage === chosen.stage && `${genes}` === `${chosen.genes}` ? `${stage} *` : stage,
    count(result.bytes),
    `1/${(reference.bytes / result.bytes).toFixed(1)}`,
    percent(result.accuracy),
    holds ? 'yes' : 'no',
    ...(cost === 'latency' ? [result.latency!.toFixed(3)] : []),
    ...names.map((name) => show(choices[name])),
  ]);
  const head = [
    'training',
    'bytes',
    'ratio',
    'accuracy',
    'holds',
    ...(cost === 'latency' ? ['ms'] : []),
    ...names,
  ];
  return table(head, rows);
}

const order = (stage: string): number => (stage === 'trial' ? 0 : 1);

const show = (value: unknown): string =>
  Array.isArray(value) && value.every(Number.isFinite)
    ? value.join('x')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
