import type { LayerFigures } from '../../compress/figures.js';
import type { Markup } from '../html.js';
import { bytes, percent, short } from '../numbers.js';
import { axis, COLORS, draw, legend } from './draw.js';

const ROW = 24;
/** Legend above, numbers below. */
const AROUND = 56;

/** What bars show of one layer. */
interface Series {
  name: string;
  color: string;
  values: number[];
  /** Series of one stack stand behind each other. */
  stack?: string;
}

interface Bars {
  label: string;
  layers: readonly LayerFigures[];
  series: Series[];
  /** After each layer's longest bar or mark. */
  text(layer: LayerFigures): string;
  format(value: number): string;
  max?: number;
  /** A mark on each bar. */
  marks?: { name: string; values: number[] };
}

/** Layers from top to bottom, a bar each. */
function bars({ label, layers, series, text, format, max, marks }: Bars): Markup {
  const names = layers.map(({ name }) => name);
  const drawn = series.map(({ name, color, values, stack }) => ({
    type: 'bar',
    name,
    stack,
    data: values,
    barWidth: 12,
    barGap: '-100%',
    itemStyle: { color, borderRadius: 2 },
  }));
  const endOf = (i: number): number => {
    const ends = series.map(({ values, stack }) => (stack ? sum(series, i) : values[i]));
    return Math.max(...ends, marks?.values[i] ?? 0);
  };
  const marked = marks && {
    type: 'scatter',
    name: marks.name,
    data: marks.values.map((value, i) => [value, i]),
    symbol: 'rect',
    symbolSize: [2, 18],
    itemStyle: { color: COLORS.ink },
    z: 3,
  };
  const texts = {
    type: 'scatter',
    data: layers.map((_, i) => [endOf(i), i]),
    symbolSize: 0,
    label: {
      show: true,
      position: 'right',
      color: COLORS.ink,
      fontSize: 12,
      formatter: ({ dataIndex }: { dataIndex: number }) => text(layers[dataIndex]),
    },
  };
  const shown = [...series.map(({ name }) => name), ...(marks ? [marks.name] : [])];
  return draw({
    label,
    height: ROW * layers.length + AROUND,
    option: {
      grid: { left: nameWidth(names) + 10, right: 74, top: 26, bottom: 30 },
      legend: shown.length > 1 ? legend(shown) : undefined,
      xAxis: axis({ type: 'value', max, splitNumber: 3, axisLabel: { formatter: format } }),
      yAxis: axis({
        type: 'category',
        data: names,
        inverse: true,
        axisLabel: {
          width: nameWidth(names),
          overflow: 'truncate',
          color: COLORS.ink,
          interval: 0,
          hideOverlap: false,
        },
      }),
      series: [...drawn, ...(marked ? [marked] : []), texts],
    },
  });
}

function sum(series: readonly Series[], layer: number): number {
  return series.reduce((total, { values }) => total + values[layer], 0);
}

/** Room for the longest name, to a limit. */
function nameWidth(names: readonly string[]): number {
  return Math.min(100, Math.max(...names.map(({ length }) => 8 * length)));
}

export function sparsityChart(layers: readonly LayerFigures[]): Markup {
  return bars({
    label: `Sparsity of ${layers.length} layers`,
    layers,
    series: [{ name: 'pruned', color: COLORS.pruned, values: layers.map(({ sparsity }) => sparsity) }],
    text: ({ sparsity }) => percent(sparsity, 1),
    format: (value) => percent(value, 0),
    max: 1,
  });
}

export function bytesChart(layers: readonly LayerFigures[]): Markup {
  const bound = layers.map(({ entropy_bound_bytes }) => Math.round(entropy_bound_bytes));
  const part = (name: string, color: string, of: (layer: LayerFigures) => number): Series => {
    return { name, color, values: layers.map(of), stack: 'bytes' };
  };
  return bars({
    label: `Bytes of ${layers.length} layers on disk: positions, values and records`,
    layers,
    series: [
      part('positions', COLORS.dense, (layer) => layer.position_bytes),
      part('values', COLORS.pruned, (layer) => layer.value_bytes),
      part('records', COLORS.other, (layer) => layer.bytes - layer.position_bytes - layer.value_bytes),
    ],
    text: (layer) => bytes(layer.bytes),
    format: short,
    marks: { name: 'entropy', values: bound },
  });
}

export function macsChart(layers: readonly LayerFigures[]): Markup {
  return bars({
    label: `Multiply-adds of ${layers.length} layers, dense and kept`,
    layers,
    series: [
      { name: 'dense', color: COLORS.track, values: layers.map(({ macs }) => macs) },
      { name: 'kept', color: COLORS.pruned, values: layers.map(({ kept_macs }) => kept_macs) },
    ],
    text: ({ macs, kept_macs }) => `${short(kept_macs)} of ${short(macs)}`,
    format: short,
  });
}
