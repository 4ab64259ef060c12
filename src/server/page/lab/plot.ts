/** Median latency of one model across devices: a column of points a device, a colour a runtime. */
import uPlot from 'uplot';
import { byId, colour } from '../dom.js';
import { runtimeOf, RUNTIMES, type RuntimeId } from '../runtimes.js';
import { milliseconds } from '../units.js';
import type { Measurement } from './api.js';

const HEIGHT = 280;
/** Most devices that stand side by side. */
const MOST = 20;

let plot: uPlot | undefined;

/** Places on the axis: the newest devices, oldest first. */
function columnsOf(measurements: readonly Measurement[], runtime: RuntimeId): (number | null)[] {
  return measurements.map(({ results }) => {
    const found = results.filter((result) => result.runtime === runtime).map(({ median_ms }) => median_ms);
    return found.length > 0 ? Math.min(...found) : null;
  });
}

const powersOfTen = (_plot: uPlot, splits: number[]): (number | null)[] =>
  splits.map((split) => (Math.abs(Math.log10(split) - Math.round(Math.log10(split))) < 1e-6 ? split : null));

const nameOf = ({ device, id }: Measurement): string => device.name ?? `#${id}`;

/** Draws what is listed: the fastest version of each runtime, on a logarithmic scale. */
export function drawPlot(measurements: readonly Measurement[]): void {
  plot?.destroy();
  plot = undefined;
  const parent = byId('lab-plot');
  const shown = measurements.slice(0, MOST).toReversed();
  parent.hidden = shown.length === 0;
  if (shown.length === 0) return;
  const used = RUNTIMES.filter(({ id }) => columnsOf(shown, id).some((value) => value !== null));
  const axis = { stroke: () => colour('soft'), font: '11px system-ui, sans-serif', ticks: { show: false } };
  plot = new uPlot(
    {
      width: Math.max(parent.clientWidth, 240),
      height: HEIGHT,
      cursor: { show: false },
      legend: { show: true, live: false },
      padding: [10, 10, 0, 0],
      scales: {
        x: { time: false, range: () => [-0.5, shown.length - 0.5] },
        y: { distr: 3 },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          splits: () => shown.map((_, i) => i),
          values: (_plot, splits) => splits.map((split) => nameOf(shown[split])),
        },
        {
          ...axis,
          size: 64,
          filter: powersOfTen,
          grid: { stroke: () => colour('line'), width: 1, filter: powersOfTen },
          values: (_plot, splits) => splits.map((split) => (split === null ? '' : milliseconds(split))),
        },
      ],
      series: [
        {},
        ...used.map(({ id }) => ({
          label: runtimeOf(id).title,
          stroke: () => colour(`series-${id}`),
          paths: () => null,
          points: { show: true, size: 9, fill: () => colour(`series-${id}`) },
        })),
      ],
    },
    [[...shown.keys()], ...used.map(({ id }) => columnsOf(shown, id))] as uPlot.AlignedData,
    parent,
  );
  parent.ariaLabel = `Median latency by device and runtime: ${shown.length} devices`;
}

export function followSize(): void {
  const parent = byId('lab-plot');
  new ResizeObserver(() => {
    if (parent.clientWidth > 0) plot?.setSize({ width: parent.clientWidth, height: HEIGHT });
  }).observe(parent);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot?.redraw());
}
