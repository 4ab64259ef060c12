import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { escapeText, Markup } from '../html.js';

use([BarChart, LineChart, ScatterChart, GridComponent, LegendComponent, SVGRenderer]);

/** Colours are the page's CSS variables, so that one drawing serves light and dark. */
export const COLORS = {
  ink: 'var(--ink)',
  soft: 'var(--soft)',
  line: 'var(--line)',
  pruned: 'var(--pruned)',
  dense: 'var(--dense)',
  other: 'var(--other)',
  track: 'var(--track)',
} as const;

export interface Drawing {
  /** For screen readers: what the picture shows. */
  label: string;
  width?: number;
  height: number;
  option: EChartsCoreOption;
}

/** Wide enough for a card, narrow enough that its text is still read on a phone. */
export const CARD_WIDTH = 360;

const AXIS = {
  axisLine: { show: true, lineStyle: { color: COLORS.line } },
  axisTick: { show: false },
  axisLabel: { color: COLORS.soft, fontSize: 12, hideOverlap: true },
  splitLine: { lineStyle: { color: COLORS.line } },
  nameTextStyle: { color: COLORS.soft, fontSize: 12 },
  nameLocation: 'middle',
  nameGap: 26,
};

/** An axis in the page's colours; `parts` say the rest. */
export const axis = ({ axisLabel, ...parts }: Record<string, unknown>): object => ({
  ...AXIS,
  ...parts,
  axisLabel: { ...AXIS.axisLabel, ...(axisLabel as object) },
});

/** Above the plot. */
export const legend = (names: readonly string[]): object => ({
  data: names,
  top: 0,
  left: 0,
  icon: 'roundRect',
  itemWidth: 11,
  itemHeight: 11,
  itemGap: 16,
  textStyle: { color: COLORS.soft, fontSize: 12 },
});

/** Draws on the server: SVG without script, style or class, as wide as its place. */
export function draw({ label, width = CARD_WIDTH, height, option }: Drawing): Markup {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit' }, ...option });
    return new Markup(plain(chart.renderToSVGString(), label));
  } finally {
    chart.dispose();
  }
}

/** Takes out what only a script would need, and says what the picture is. */
function plain(svg: string, label: string): string {
  return svg
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ (?:ecmeta_\w+|pointer-events|class|xmlns:xlink|version|baseProfile)="[^"]*"/g, '')
    .replace(/<rect [^>]*fill="none"><\/rect>\n?/, '')
    .replace(/\n+/g, '\n')
    .replace(/^<svg width="\d+" height="\d+"/, `<svg role="img" aria-label="${escapeText(label)}"`);
}
