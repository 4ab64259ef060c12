import t from 'tap';
import { prepareForExport } from '../../src/passes/index.js';
import { wholePool } from '../../src/passes/whole-pool.js';
import { random } from '../helpers/random.js';
import { graphOf } from '../ops/helpers.js';
import { keepsOutputs, opsOf } from './passed.js';

const r = random();
const pooled = (op: string, attributes: { size: number[]; pads?: number[]; strides?: number[] }): string =>
  opsOf(keepsOutputs(wholePool, graphOf({ op, inputs: [[3, 4, 5]], attributes }, r), r, 16));

t.test('a window as large as the image, without padding', async (t) => {
  t.equal(pooled('avg_pool2d', { size: [3, 4], strides: [3, 4] }), 'global_avg_pool2d reshape');
  t.equal(pooled('avg_pool2d', { size: [3, 3] }), 'avg_pool2d');
  t.equal(pooled('avg_pool2d', { size: [3, 4], pads: [0, 1, 0, 1] }), 'avg_pool2d');
  t.equal(pooled('max_pool2d', { size: [3, 4] }), 'max_pool2d');
});

t.test('a prepared graph has it', async (t) => {
  const graph = graphOf({ op: 'avg_pool2d', inputs: [[2, 2, 3]], attributes: { size: [2, 2] } }, r);
  t.match(opsOf(prepareForExport(graph)), /^global_avg_pool2d/);
});
