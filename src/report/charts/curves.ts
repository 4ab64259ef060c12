import type { Markup } from '../html.js';
import { percent, short } from '../numbers.js';
import { axis, COLORS, draw, legend } from './draw.js';

/** Points with a name each, and joined by a line. */
export interface Curve {
  name: string;
  color: string;
  points: readonly (readonly [x: number, y: number])[];
  /** No line between the points. */
  scattered?: boolean;
  /** At each point. */
  labels?: readonly string[];
}

export interface CurvesOptions {
  label: string;
  x: string;
  y: string;
  curves: readonly Curve[];
  xFormat?(value: number): string;
  yFormat?(value: number): string;
  /** x is a magnitude: shown by its logarithm where it spans much. */
  magnitudes?: boolean;
  /** At least this wide an interval of y is shown, so that noise does not look like a change. */
  ySpan?: number;
}

/** Lines and points over two axes. */
export function curvesChart(options: CurvesOptions): Markup {
  const { label, x, y, curves, xFormat = short, yFormat = short, magnitudes = false, ySpan = 0 } = options;
  const drawn = curves.filter(({ points }) => points.length > 0);
  return draw({
    label,
    height: 280,
    option: {
      grid: { left: 62, right: drawn.some(({ labels }) => labels) ? 52 : 24, top: 34, bottom: 44 },
      legend: drawn.length > 1 ? legend(drawn.map(({ name }) => name)) : undefined,
      xAxis: axis({
        type: magnitudes && isWide(drawn) ? 'log' : 'value',
        name: x,
        scale: true,
        splitNumber: 4,
        axisLabel: { formatter: xFormat },
      }),
      yAxis: axis({
        type: 'value',
        name: y,
        nameGap: 46,
        splitNumber: 4,
        ...interval(drawn, ySpan),
        axisLabel: { formatter: yFormat, showMinLabel: false, showMaxLabel: false },
      }),
      series: drawn.map(series),
    },
  });
}

function series({ name, color, points, scattered = false, labels }: Curve): object {
  return {
    type: scattered ? 'scatter' : 'line',
    name,
    data: points,
    symbol: 'circle',
    symbolSize: scattered ? 9 : 5,
    showSymbol: points.length <= 40,
    lineStyle: { color, width: 2 },
    itemStyle: { color },
    label: {
      show: labels !== undefined,
      position: 'top',
      color: COLORS.ink,
      fontSize: 12,
      formatter: ({ dataIndex }: { dataIndex: number }) => labels?.[dataIndex] ?? '',
    },
    labelLayout: { hideOverlap: true },
  };
}

/** Where x spans more than a power of ten or so, small differences are only seen by its logarithm. */
function isWide(curves: readonly Curve[]): boolean {
  const values = curves.flatMap(({ points }) => points.map((point) => point[0]));
  return Math.min(...values) > 0 && Math.max(...values) > 20 * Math.min(...values);
}

/** Of the values, at least `span` wide, with a little air. */
function interval(curves: readonly Curve[], span: number): { min: number; max: number } {
  const values = curves.flatMap(({ points }) => points.map((point) => point[1]));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const air = Math.max(0.08 * (most - least), (span - (most - least)) / 2, 1e-9);
  return { min: least - air, max: most + air };
}

/** Fractions as percentages with as many digits as their differences need. */
export const fraction = (value: number): string => percent(value, 1);
