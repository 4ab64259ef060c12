import type { Markup } from '../html.js';
import { histogramOf, largestMagnitude, type Histogram } from '../histogram.js';
import { short } from '../numbers.js';
import { axis, COLORS, draw, legend } from './draw.js';

const BINS = 41;

/** A step on each bin: a point at its left and right edge. */
function outline({ limit, shares }: Histogram): [number, number][] {
  const width = (2 * limit) / shares.length;
  return shares.flatMap((share, i): [number, number][] => {
    const from = i * width - limit;
    return [
      [from, share],
      [from + width, share],
    ];
  });
}

/** Weights before and after, each as shares of their own number: the zeros of pruned weights are left out. */
export function histogramChart(
  layer: string,
  before: ArrayLike<number> | undefined,
  after: ArrayLike<number>,
): Markup {
  const limit = Math.max(largestMagnitude(before ?? []), largestMagnitude(after)) || 1;
  const series = [
    ...(before ? [{ name: 'before', values: before, color: COLORS.dense }] : []),
    { name: 'kept', values: after, color: COLORS.pruned },
  ];
  return draw({
    label: `Histogram of the weights of ${layer}: ${series.map((s) => `${s.values.length} ${s.name}`).join(', ')}`,
    width: 250,
    height: 140,
    option: {
      grid: { left: 8, right: 8, top: 26, bottom: 24 },
      legend: legend(series.map(({ name }) => name)),
      xAxis: axis({
        type: 'value',
        min: -limit,
        max: limit,
        splitLine: { show: false },
        axisLabel: { formatter: (value: number) => signed(value), showMinLabel: false, showMaxLabel: false },
      }),
      yAxis: axis({ type: 'value', show: false }),
      series: series.map(({ name, values, color }) => ({
        type: 'line',
        name,
        data: outline(histogramOf(values, limit, BINS)),
        symbol: 'none',
        lineStyle: { color, width: 1.5 },
        itemStyle: { color },
        areaStyle: { color, opacity: 0.25 },
      })),
    },
  });
}

const signed = (value: number): string => (value < 0 ? `−${short(-value)}` : short(value));
