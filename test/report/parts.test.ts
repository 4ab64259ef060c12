import t from 'tap';
import { fileFigures } from '../../src/compress/figures.js';
import { writeLop } from '../../src/format/index.js';
import { histogramOf } from '../../src/report/histogram.js';
import { html } from '../../src/report/html.js';
import { maskGrid, maskPicture } from '../../src/report/mask.js';
import { bytes, short } from '../../src/report/numbers.js';
import { paretoFront } from '../../src/report/pareto.js';
import { perceptron } from '../helpers/graphs.js';

t.test('html: text is escaped, markup is not, false is left out', async (t) => {
  t.equal(html`<i>${'<&>"\''}</i>`.text, '<i>&lt;&amp;&gt;&quot;&#39;</i>');
  t.equal(html`${[html`<b>x</b>`, 1]}${false}${undefined}`.text, '<b>x</b>1');
});

t.test('histogram: shares of bins, the ends inside', async (t) => {
  t.same(histogramOf([-1, -0.9, 0, 0.1, 1], 1, 4).shares, [0.4, 0, 0.4, 0.2]);
  t.same(histogramOf([], 1, 2).shares, [0, 0]);
});

t.test('mask: dense kernels are rows of outputs', async (t) => {
  const { width, height, pixels } = maskPicture([2, 3], [1, 0, 2, 0, 0, -1], 10);
  t.same([width, height], [3, 2]);
  t.same([...pixels], [255, 0, 255, 0, 0, 255]);
});

t.test('mask: taps are tiles with a line between', async (t) => {
  const grid = maskGrid([2, 2, 2, 3]);
  t.same([grid.rows, grid.columns], [5, 8]);
  t.equal(grid.at(0, 0), 0);
  t.equal(grid.at(0, 2), -1);
  t.equal(grid.at(1, 4), 3 * 3 + 1);
  t.equal(grid.at(4, 7), 23);
});

t.test('mask: depthwise tiles stand in a square', async (t) => {
  const grid = maskGrid([5, 1, 2, 1]);
  t.same([grid.rows, grid.columns], [3, 8]);
  t.equal(grid.at(2, 1), 7);
  t.equal(grid.at(2, 7), -1);
});

t.test('mask: a large one is averaged, and one kept weight among many is seen', async (t) => {
  const data = new Float32Array(40 * 40);
  data[0] = 1;
  data.fill(1, 39 * 40);
  const { width, height, pixels } = maskPicture([40, 40], data, 4);
  t.same([width, height], [4, 4]);
  t.equal(pixels[0], 34);
  t.equal(pixels[1], 0);
  t.equal(pixels[15], 17 * Math.ceil(15 * Math.sqrt(0.1)));
});

t.test('Pareto front: larger and not better is beaten', async (t) => {
  const points = [
    { bytes: 3, accuracy: 0.9 },
    { bytes: 1, accuracy: 0.5 },
    { bytes: 2, accuracy: 0.5 },
    { bytes: 3, accuracy: 0.8 },
    { bytes: 4, accuracy: 0.91 },
  ];
  t.same(paretoFront(points), [points[1], points[0], points[4]]);
});

t.test('numbers as people read them', async (t) => {
  t.same([0, 999, 1234, 999_999, 2.5e9].map(short), ['0', '999', '1.23k', '1000k', '2.5G']);
  t.equal(bytes(12_345), '12,345 B');
});

t.test('figures of a file: totals are sums of the layers', async (t) => {
  const graph = perceptron([8, 4], [4, 4, 1]);
  graph.weights.get('fc1/kernel')!.data.fill(0, 0, 100);
  const file = writeLop(graph);
  const figures = fileFigures(file);
  const [, fc1, fc2] = figures.layers;
  t.same([fc1.params, fc1.kept, fc1.macs, fc1.kept_macs], [136, 36, 128, 28]);
  t.same([fc2.params, fc2.macs], [36, 32]);
  t.equal(figures.kept_macs, 28 + 32 + 40);
  t.equal(
    figures.weight_bytes,
    figures.layers.reduce((sum, layer) => sum + layer.bytes, 0),
  );
  t.equal(figures.bytes_to_bound, file.length / figures.entropy_bound_bytes);
  t.ok(fc1.position_bytes + fc1.value_bytes < fc1.bytes);
});
