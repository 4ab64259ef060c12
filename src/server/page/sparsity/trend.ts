/** One small chart over all versions, with the chosen one marked. */
import uPlot from 'uplot';
import { colour } from '../dom.js';

const HEIGHT = 150;

export interface Trend {
  /** A value for each version, null where there is none; `labels` name the versions along the axis. */
  show(values: readonly (number | null)[], labels: readonly string[]): void;
  mark(index: number): void;
}

const FONT = '11px system-ui, sans-serif';

/** @param format of the numbers along the vertical axis */
export function createTrend(parent: HTMLElement, format: (value: number) => string): Trend {
  let labels: readonly string[] = [];
  let marked = 0;

  const drawMark = (plot: uPlot): void => {
    const value = plot.data[1][marked];
    if (value === null || value === undefined) return;
    const { ctx } = plot;
    const [x, y] = [plot.valToPos(marked, 'x', true), plot.valToPos(value, 'y', true)];
    ctx.save();
    ctx.fillStyle = ctx.strokeStyle = colour('pruned');
    ctx.globalAlpha = 0.35;
    ctx.fillRect(x - devicePixelRatio / 2, plot.bbox.top, devicePixelRatio, plot.bbox.height);
    ctx.globalAlpha = 1;
    ctx.beginPath();
    ctx.arc(x, y, 5 * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fill();
    ctx.restore();
  };

  const axis = { stroke: () => colour('soft'), font: FONT, ticks: { show: false }, gap: 4 };
  const plot = new uPlot(
    {
      width: Math.max(parent.clientWidth, 200),
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      select: { show: false, left: 0, top: 0, width: 0, height: 0 },
      padding: [10, 14, 0, 0],
      scales: {
        x: { time: false, range: (_plot, min, max) => [min - 0.2, max + 0.2] },
        y: { range: (_plot, min, max) => rangeOf(min, max) },
      },
      axes: [
        {
          ...axis,
          size: 24,
          grid: { show: false },
          splits: () => labels.map((_, i) => i),
          values: (_plot, splits) => splits.map((split) => labels[split] ?? ''),
        },
        {
          ...axis,
          size: 58,
          space: 32,
          grid: { stroke: () => colour('line'), width: 1 },
          values: (_plot, splits) => splits.map((split) => format(split)),
        },
      ],
      series: [
        {},
        {
          stroke: () => colour('pruned'),
          width: 2,
          points: { show: true, size: 6, stroke: () => colour('pruned'), fill: () => colour('panel') },
        },
      ],
      hooks: { draw: [drawMark] },
    },
    [[], []],
    parent,
  );
  new ResizeObserver(() => {
    if (parent.clientWidth > 0) plot.setSize({ width: parent.clientWidth, height: HEIGHT });
  }).observe(parent);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot.redraw());

  return {
    show: (values, names) => {
      labels = names;
      plot.setData([[...names.keys()], [...values]]);
      const told = names.map((name, i) => `${name}: ${values[i] === null ? 'none' : format(values[i])}`);
      parent.ariaLabel = `${parent.ariaLabel?.split(':')[0]}: ${told.join(', ')}`;
    },
    mark: (index) => {
      marked = index;
      plot.redraw(false);
    },
  };
}

/** Some air around the values; one value, or none, gets a scale too. */
function rangeOf(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1];
  const air = (max - min || Math.abs(max) || 1) * 0.12;
  return [Math.max(0, min - air), max + air];
}
