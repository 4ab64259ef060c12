import { curvesChart, fraction } from '../charts/curves.js';
import { COLORS } from '../charts/draw.js';
import { figure, table } from '../elements.js';
import { html, type Markup } from '../html.js';
import { bytes, percent } from '../numbers.js';
import { paretoFront, type Point } from '../pareto.js';

/** Most points that get their name in the picture. */
const NAMED = 12;

const at = ({ bytes, accuracy }: Point): [number, number] => [bytes, accuracy];

const row = ({ name, bytes: size, accuracy }: Point): string[] => [name, bytes(size), percent(accuracy)];

/** Networks beside each other: size against accuracy, those that none beats joined. */
export function comparisonSection(all: readonly Point[]): Markup {
  const sorted = all.toSorted((a, b) => a.bytes - b.bytes);
  const front = paretoFront(sorted);
  const best = new Set(front.map((point) => sorted.indexOf(point)));
  const others = sorted.filter((_, i) => !best.has(i));
  const names = (points: readonly Point[]): string[] | undefined =>
    all.length <= NAMED ? points.map(({ name }) => name) : undefined;
  const chart = curvesChart({
    label: `Accuracy against bytes of ${all.length} networks; ${front.length} of them are not beaten`,
    x: 'bytes',
    y: 'accuracy',
    magnitudes: true,
    yFormat: fraction,
    ySpan: 0.01,
    curves: [
      { name: 'Pareto front', color: COLORS.pruned, points: front.map(at), labels: names(front) },
      { name: 'others', color: COLORS.dense, points: others.map(at), scattered: true, labels: names(others) },
    ],
  });
  const head = ['network', 'bytes', 'accuracy'];
  return html`<section>
    <h3>Bytes against accuracy</h3>
    <div class="pair">
      ${figure('Pareto front', 'nothing smaller is as accurate', chart)}
      ${table({ caption: 'The Pareto front', head, rows: front.map(row) })}
    </div>
    ${
      others.length > 0 &&
      html`<details>
        <summary>All ${all.length} networks</summary>
        ${table({ caption: 'All by size; the Pareto front stands out', head, rows: sorted.map(row), best })}
      </details>`
    }
  </section>`;
}
