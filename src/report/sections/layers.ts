import { bytesChart, macsChart, sparsityChart } from '../charts/layers.js';
import { figure, table } from '../elements.js';
import type { LayerFigures } from '../../compress/figures.js';
import { html, type Markup } from '../html.js';
import type { ReportedModel } from '../model.js';
import { bytes, count, percent, short } from '../numbers.js';

const HEAD = [
  'layer',
  'operator',
  'output',
  'weights',
  'kept',
  'sparsity',
  'multiply-adds',
  'kept',
  'bytes',
  'entropy',
  'ratio',
  'block',
  'stored as',
];

type Row = Omit<LayerFigures, 'name' | 'op' | 'shape' | 'block' | 'stored'>;

/** `ratio` is f32 weights to bytes. */
function numbers(row: Row): string[] {
  return [
    count(row.params),
    count(row.kept),
    percent(row.sparsity, 1),
    short(row.macs),
    short(row.kept_macs),
    bytes(row.bytes),
    bytes(Math.ceil(row.entropy_bound_bytes)),
    row.bytes === 0 ? '' : `${((4 * row.params) / row.bytes).toFixed(1)}×`,
  ];
}

function layerTable({ figures }: ReportedModel): Markup {
  const rows = figures.layers.map((layer) => {
    const { name, op, shape, block, stored, params } = layer;
    const figures = params > 0 ? numbers(layer) : Array.from({ length: 8 }, () => '');
    return [name, op, shape.join('×'), ...figures, block.replace('x', '×'), stored];
  });
  const total = { ...figures, bytes: figures.weight_bytes, position_bytes: 0, value_bytes: 0 };
  return table({
    caption: 'Every layer: weights, multiply-adds of a sample, bytes on disk',
    head: HEAD,
    rows,
    foot: ['all', '', '', ...numbers(total), '', ''],
  });
}

/** What each layer keeps, and what it takes. */
export function layerSection(model: ReportedModel): Markup {
  const { figures, kernels } = model;
  const rest = figures.file_bytes - figures.weight_bytes;
  const charts = kernels.length > 0 && [
    figure('Sparsity', 'of each kernel with its bias', sparsityChart(kernels)),
    figure('Bytes', 'on disk, and the entropy of mask and values', bytesChart(kernels)),
    figure('Multiply-adds', 'of a sample: dense, and of kept weights', macsChart(kernels)),
  ];
  return html`<section>
    <h3>Layers</h3>
    <div class="charts">${charts}</div>
    ${layerTable(model)}
    <p class="soft">
      Weights take ${bytes(figures.weight_bytes)}, and names, shapes, nodes and metadata ${bytes(rest)} of the
      file's ${bytes(figures.file_bytes)}.
    </p>
  </section>`;
}
