import type { CompressReport } from '../../compress/report.js';
import type { HistoryEntry } from '../../compress/stage.js';
import { COLORS } from '../charts/draw.js';
import { curvesChart, fraction, type Curve } from '../charts/curves.js';
import { figure, table } from '../elements.js';
import { html, type Markup } from '../html.js';
import { percent } from '../numbers.js';

type Points = [number, number][];
type Field = (entry: HistoryEntry, index: number) => number | undefined;

/** Entries that know both numbers, as points. */
function points(entries: readonly HistoryEntry[], x: Field, y: Field): Points {
  return entries.flatMap((entry, i): Points => {
    const [a, b] = [x(entry, i), y(entry, i)];
    return a === undefined || b === undefined ? [] : [[a, b]];
  });
}

/** What was measured on test samples, from the first network to the file. */
function measurements({ baseline, history, final, sparsity }: CompressReport): HistoryEntry[] {
  return [
    { stage: 'nothing', sparsity: 0, accuracy: baseline.accuracy },
    ...history,
    { stage: 'all, the file', sparsity, accuracy: final.accuracy },
  ].filter(({ accuracy }) => accuracy !== undefined);
}

const plain = (value: number): string => String(Number(value.toPrecision(3)));

/** Epochs of all stages one after the other. */
function trainingFigures(epochs: readonly HistoryEntry[]): Markup[] {
  const curve = (name: string, color: string, of: Field): Curve => {
    return { name, color, points: points(epochs, (_, i) => i + 1, of) };
  };
  const axes = { x: 'epoch', xFormat: plain };
  const loss = curvesChart({
    ...axes,
    label: `Training loss of ${epochs.length} epochs`,
    y: 'loss',
    yFormat: plain,
    curves: [curve('loss', COLORS.pruned, (entry) => entry.loss)],
  });
  const accuracy = curvesChart({
    ...axes,
    label: `Training accuracy and sparsity of ${epochs.length} epochs`,
    y: '',
    yFormat: fraction,
    ySpan: 0.02,
    curves: [
      curve('accuracy', COLORS.pruned, ({ trained }) => trained),
      curve('sparsity', COLORS.dense, ({ sparsity }) => sparsity),
    ],
  });
  return [
    figure('Loss', 'mean of each epoch, on training samples', loss),
    figure('Accuracy and sparsity', 'of each epoch, on training samples', accuracy),
  ];
}

const sparsityOf: Field = ({ sparsity }) => sparsity;

function againstSparsity(epochs: readonly HistoryEntry[], measured: readonly HistoryEntry[]): Markup {
  const training = points(epochs, sparsityOf, ({ trained }) => trained);
  const test = points(measured, sparsityOf, ({ accuracy }) => accuracy);
  const chart = curvesChart({
    label: 'Accuracy against sparsity',
    x: 'sparsity',
    y: 'accuracy',
    xFormat: (value) => percent(value, 0),
    yFormat: fraction,
    ySpan: 0.02,
    curves: [
      { name: 'while training', color: COLORS.dense, points: training, scattered: true },
      { name: 'test', color: COLORS.pruned, points: test, scattered: true },
    ],
  });
  return figure('Accuracy against sparsity', 'of epochs, and of each stage', chart);
}

/** Accuracy by stage; `drop` is against the first. */
function stageTable(measured: readonly HistoryEntry[]): Markup {
  const first = measured[0].accuracy!;
  return table({
    caption:
      'Accuracy on test samples after each stage; between the first and the last on as many as were asked for',
    head: ['after', 'sparsity', 'accuracy', 'points'],
    rows: measured.map(({ stage, sparsity, accuracy }) => [
      stage,
      sparsity === undefined ? '' : percent(sparsity, 1),
      percent(accuracy!),
      (100 * (accuracy! - first)).toFixed(2),
    ]),
  });
}

/** How the network became what it is. */
export function historySection(report: CompressReport): Markup {
  const measured = measurements(report);
  const epochs = report.history.filter(({ loss }) => loss !== undefined);
  const hasSparsity = epochs.some(({ sparsity }) => sparsity !== undefined) || measured.length > 2;
  return html`<section>
    <h3>Steps</h3>
    ${measured.length > 0 && stageTable(measured)}
    <div class="charts">
      ${epochs.length > 1 && trainingFigures(epochs)} ${hasSparsity && againstSparsity(epochs, measured)}
    </div>
  </section>`;
}
