import type { HistoryEntry } from '../../compress/history.js';
import { COLORS } from '../charts/draw.js';
import { curvesChart, fraction, type Curve } from '../charts/curves.js';
import { figure, table } from '../elements.js';
import { html, type Markup } from '../html.js';
import { percent } from '../numbers.js';

type Points = [number, number][];

/** Entries that know both numbers, as points. */
function points(
  entries: readonly HistoryEntry[],
  x: (entry: HistoryEntry, index: number) => number | undefined,
  y: (entry: HistoryEntry) => number | undefined,
): Points {
  return entries.flatMap((entry, i): Points => {
    const [a, b] = [x(entry, i), y(entry)];
    return a === undefined || b === undefined ? [] : [[a, b]];
  });
}

const plain = (value: number): string => String(Number(value.toPrecision(3)));

/** Epochs of all stages one after the other. */
function trainingFigures(epochs: readonly HistoryEntry[]): Markup[] {
  const along = (_: HistoryEntry, i: number): number => i + 1;
  const curve = (name: string, color: string, of: (entry: HistoryEntry) => number | undefined): Curve => {
    return { name, color, points: points(epochs, along, of) };
  };
  const shared = { x: 'epoch', xFormat: plain };
  return [
    figure(
      'Loss',
      'mean of each epoch, on the training samples',
      curvesChart({
        ...shared,
        label: `Training loss of ${epochs.length} epochs`,
        y: 'loss',
        yFormat: plain,
        curves: [curve('loss', COLORS.pruned, ({ loss }) => loss)],
      }),
    ),
    figure(
      'Accuracy and sparsity',
      'of each epoch, on the training samples',
      curvesChart({
        ...shared,
        label: `Training accuracy and sparsity of ${epochs.length} epochs`,
        y: '',
        yFormat: fraction,
        ySpan: 0.02,
        curves: [
          curve('accuracy', COLORS.pruned, ({ accuracy }) => accuracy),
          curve('sparsity', COLORS.dense, ({ sparsity }) => sparsity),
        ],
      }),
    ),
  ];
}

/** What was measured between stages, against how much was pruned. */
function againstSparsity(entries: readonly HistoryEntry[]): Markup {
  const of = (samples: HistoryEntry['samples']): Points =>
    points(
      entries.filter((entry) => entry.samples === samples),
      ({ sparsity }) => sparsity,
      ({ accuracy }) => accuracy,
    );
  return figure(
    'Accuracy against sparsity',
    '',
    curvesChart({
      label: 'Accuracy against sparsity',
      x: 'sparsity',
      y: 'accuracy',
      xFormat: (value) => percent(value, 0),
      yFormat: fraction,
      ySpan: 0.02,
      curves: [
        { name: 'while training', color: COLORS.dense, points: of('training'), scattered: true },
        { name: 'test', color: COLORS.pruned, points: of('test'), scattered: true },
      ],
    }),
  );
}

function stepTable(measured: readonly HistoryEntry[]): Markup {
  const base = measured[0]?.accuracy;
  return table({
    caption: 'Accuracy on the test samples after each stage',
    head: ['after', 'sparsity', 'loss', 'accuracy', 'points from the first'],
    rows: measured.map(({ stage, sparsity, loss, accuracy }) => [
      stage,
      percent(sparsity, 1),
      loss === undefined ? '' : loss.toFixed(4),
      accuracy === undefined ? '' : percent(accuracy),
      accuracy === undefined || base === undefined ? '' : (100 * (accuracy - base)).toFixed(2),
    ]),
  });
}

/** How the network became what it is; nothing where that is not known. */
export function historySection(history: readonly HistoryEntry[] = []): Markup | undefined {
  if (history.length === 0) return undefined;
  const measured = history.filter(({ samples }) => samples === 'test');
  const epochs = history.filter(({ samples }) => samples === 'training');
  return html`<section>
    <h3>Steps</h3>
    ${measured.length > 0 && stepTable(measured)}
    <div class="charts">
      ${epochs.length > 1 && trainingFigures(epochs)} ${history.length > 2 && againstSparsity(history)}
    </div>
  </section>`;
}
