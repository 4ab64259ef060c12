import t from 'tap';
import { foldPadding } from '../../src/passes/fold-padding.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { random } from '../helpers/random.js';
import { keepsOutputs, opsOf } from './passed.js';

const r = random();
const pool = { size: [3, 3], strides: [2, 2] };

t.test('a pad of zeros goes into convolutions, as pad2d does', async (t) => {
  const { graph } = new GraphBuilder([5, 5, 2])
    .add('pad', { pads: [1, 0, 0, 2, 1, 0] })
    .add('conv2d', { pads: [0, 1, 0, 0] }, { kernel: [3, 3, 3, 2] });
  const folded = keepsOutputs(foldPadding, graph, r, 0);
  t.equal(opsOf(folded), 'conv2d');
  t.same(folded.nodes[0].attributes.pads, [1, 1, 2, 1]);
});

const build = (first: string) =>
  new GraphBuilder([6, 6, 2])
    .add(first)
    .add('pad2d', { pads: [1, 1, 1, 1] })
    .add('max_pool2d', pool).graph;

t.test('into a pool of maxima where nothing is negative', async (t) => {
  t.equal(opsOf(keepsOutputs(foldPadding, build('relu'), r, 0)), 'relu max_pool2d');
  t.equal(opsOf(keepsOutputs(foldPadding, build('neg'), r, 0)), 'neg pad2d max_pool2d');
});

t.test('pads of another value, by reflection, before averages stay', async (t) => {
  const kept = (attributes: Record<string, number | number[] | string>): string =>
    opsOf(
      keepsOutputs(
        foldPadding,
        new GraphBuilder([4, 4, 2]).add('pad', attributes).add('conv2d', {}, { kernel: [3, 2, 2, 2] }).graph,
        r,
        0,
      ),
    );
  t.equal(kept({ pads: [1, 1, 0, 1, 1, 0], value: 1 }), 'pad conv2d');
  t.equal(kept({ pads: [1, 1, 0, 1, 1, 0], mode: 'reflect' }), 'pad conv2d');
  const { graph } = new GraphBuilder([4, 4, 2])
    .add('relu')
    .add('pad2d', { pads: [1, 1, 1, 1] })
    .add('avg_pool2d', pool);
  t.equal(opsOf(keepsOutputs(foldPadding, graph, r, 0)), 'relu pad2d avg_pool2d');
});
