import t from 'tap';
import sharp from 'sharp';
import { baselineReport, fileReport, layerReports, type CompressReport } from '../../src/compress/report.js';
import { fileFigures } from '../../src/compress/figures.js';
import { writeLop } from '../../src/format/index.js';
import type { Graph } from '../../src/graph/index.js';
import { writeReport } from '../../src/report/index.js';
import { GraphBuilder, lenet5 } from '../helpers/graphs.js';
import { parseDocument, tablesOf } from './document.js';

const HOSTILE = `</text><script>alert("1")</script>&'`;

/** Every second weight of each kernel is zero. */
function halved(graph: Graph): Graph {
  for (const { name, data } of graph.weights.values())
    if (name.endsWith('kernel')) for (let i = 0; i < data.length; i += 2) data[i] = 0;
  return graph;
}

function reportOf(graph: Graph, file: Uint8Array): CompressReport {
  const names = graph.nodes.map(({ name }) => name);
  return {
    file_bytes: file.length,
    sparsity: 0.5,
    baseline: baselineReport(graph, { accuracy: 0.99, top5: 1, count: 100 }),
    final: { accuracy: 0.985, count: 100, ...fileReport(file, layerReports(graph), names) },
    seconds: 12,
    steps: 20,
    history: [
      { stage: 'recover', step: 10, epoch: 0, sparsity: 0.25, loss: 0.5, trained: 0.8 },
      { stage: 'recover', step: 20, epoch: 1, sparsity: 0.5, loss: 0.25, trained: 0.9 },
      { stage: 'recover', sparsity: 0.5, accuracy: 0.98 },
    ],
  };
}

const figuresIn = (page: string, label: RegExp): number =>
  parseDocument(page).filter(({ attributes }) => label.test(attributes.get('aria-label') ?? '')).length;

t.test('a file: every layer in the table, with the figures of inspect', async (t) => {
  const file = writeLop(halved(lenet5([4, 6, 20])));
  const page = await writeReport([{ name: 'digits', file }]);
  const [layers] = tablesOf(page);
  const { layers: figures, kept } = fileFigures(file);
  t.same(
    layers.slice(1, -1).map(([name, op]) => [name, op]),
    figures.map(({ name, op }) => [name, op]),
  );
  const conv = figures.find(({ name }) => name === 'conv2')!;
  const row = layers.find(([name]) => name === 'conv2')!;
  t.same(row.slice(3, 6), ['606', String(conv.kept), '49.5 %']);
  t.equal(row[8], `${conv.bytes.toLocaleString('en')} B`);
  t.equal(layers.at(-1)![4], kept.toLocaleString('en'));
});

t.test('a plot and a mask of each layer, and the training', async (t) => {
  const graph = halved(lenet5([4, 6, 20]));
  const file = writeLop(graph);
  const report = reportOf(graph, file);
  const page = await writeReport([{ name: 'digits', file, source: graph, report, recipe: { name: 'half' } }]);
  for (const name of ['conv1', 'conv2', 'fc1', 'logits'])
    t.equal(figuresIn(page, new RegExp(`^Histogram of the weights of ${name}: .*before.*kept`)), 1, name);
  const images = parseDocument(page).filter(({ name }) => name === 'img');
  t.same(
    images.map(({ attributes }) => attributes.get('alt')),
    ['conv1', 'conv2', 'fc1', 'logits'].map((name) => `Mask of ${name}: 50.0 % pruned`),
  );
  t.match(page, '2 epochs');
  const [steps] = tablesOf(page);
  t.same(steps.slice(1), [
    ['nothing', '0.0 %', '99.00 %', '0.00'],
    ['recover', '50.0 %', '98.00 %', '-1.00'],
    ['all, the file', '50.0 %', '98.50 %', '-0.50'],
  ]);
  t.match(page, '&quot;name&quot;: &quot;half&quot;');
});

t.test('several files: those that none beats', async (t) => {
  const file = writeLop(lenet5([2, 2, 8]));
  const models = [
    { name: 'small', file, report: undefined },
    { name: 'large', file: writeLop(lenet5([4, 6, 20])) },
  ];
  const points = [
    { name: 'tiny', bytes: 10, accuracy: 0.5 },
    { name: 'beaten', bytes: 20, accuracy: 0.4 },
    { name: 'best', bytes: 30, accuracy: 0.9 },
  ];
  const page = await writeReport(models, { points, title: 'a search' });
  const [front, all] = tablesOf(page);
  t.same(
    front.slice(1).map(([name]) => name),
    ['tiny', 'best'],
  );
  t.same(
    all.slice(1).map(([name]) => name),
    ['tiny', 'beaten', 'best'],
  );
  t.match(page, '<title>a search - Lopper</title>');
});

t.test('nothing from elsewhere, no script, names escaped', async (t) => {
  const builder = new GraphBuilder([4])
    .add('dense', {}, { kernel: [3, 4], bias: [3] }, { name: HOSTILE })
    .add('relu', {}, {}, { name: `a "quoted" <b>name</b>` });
  const file = writeLop(builder.graph);
  const report = reportOf(builder.graph, file);
  report.history[0].stage = HOSTILE;
  const page = await writeReport([{ name: HOSTILE, file, report, recipe: { name: HOSTILE } }], {
    points: [
      { name: HOSTILE, bytes: 5, accuracy: 0.2 },
      { name: 'b', bytes: 9, accuracy: 0.3 },
    ],
  });
  const elements = parseDocument(page);
  t.same(
    elements.filter(({ name }) => /^(script|link|iframe|object|embed|base|form)$/.test(name)),
    [],
  );
  for (const { name, attributes } of elements)
    for (const [key, value] of attributes) {
      t.notMatch(key, /^on|^href$|^xlink/, `${name} ${key}`);
      if (key === 'src') t.match(value, /^data:image\/png;base64,[A-Za-z0-9+/=]+$/);
    }
  t.notMatch(page.replaceAll('http://www.w3.org/2000/svg', ''), /https?:|url\((?!#)|@import/);
});

t.test('a network without weights, and one that is not broken by a long name', async (t) => {
  const { graph } = new GraphBuilder([4, 4, 1]).add('relu');
  parseDocument(await writeReport([{ name: 'empty', file: writeLop(graph) }]));
  const long = new GraphBuilder([4]).add(
    'dense',
    {},
    { kernel: [2, 4] },
    { name: 'layer/'.repeat(40) },
  ).graph;
  parseDocument(await writeReport([{ name: 'long', file: writeLop(long) }]));
  t.rejects(writeReport([{ name: 'broken', file: new Uint8Array(20) }]), { name: 'LopError' });
});

t.test("a mask's picture shows what is kept", async (t) => {
  const { graph } = new GraphBuilder([4]).add('dense', {}, { kernel: [2, 4] }, { name: 'fc' });
  graph.weights.get('fc/kernel')!.data.set([1, 0, 0, 1, 0, 1, 0, 0]);
  const page = await writeReport([{ name: 'x', file: writeLop(graph) }]);
  const image = parseDocument(page).find(({ name }) => name === 'img')!;
  const png = Buffer.from(image.attributes.get('src')!.split(',')[1], 'base64');
  const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  t.same([info.width, info.height], [4, 2]);
  t.same(
    Array.from({ length: 8 }, (_, i) => data[4 * i + 3]),
    [255, 0, 0, 255, 0, 255, 0, 0],
  );
});
