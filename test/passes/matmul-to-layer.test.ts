import t from 'tap';
import { matmulToLayer } from '../../src/passes/matmul-to-layer.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { random } from '../helpers/random.js';
import { keepsOutputs, opsOf } from './passed.js';

const r = random();

function product(input: number[], weight: number[], attributes = {}, swapped = false): string {
  const { graph } = new GraphBuilder(input)
    .add('constant', {}, { value: weight }, { name: 'c', inputs: [] })
    .add('matmul', attributes, {}, { inputs: swapped ? ['c', 'input'] : ['input', 'c'] });
  return opsOf(keepsOutputs(matmulToLayer, graph, r, 64));
}

t.test('a product with a constant is a layer', async (t) => {
  t.equal(product([1, 6], [6, 4]), 'reshape dense reshape');
  t.equal(product([1, 6], [4, 6], { transpose_b: 1 }), 'reshape dense reshape');
  t.equal(product([3, 5, 6], [6, 4]), 'conv2d');
  t.equal(product([3, 5, 6], [1, 4, 6], { transpose_b: 1 }), 'conv2d');
  t.equal(product([7, 6], [6, 4]), 'reshape conv2d reshape');
  t.equal(product([2, 2, 3, 6], [6, 4]), 'reshape conv2d reshape');
});

t.test('others stay', async (t) => {
  t.equal(product([6, 4], [3, 6], {}, true), 'constant matmul', 'constant first');
  t.equal(product([6, 7], [6, 4], { transpose_a: 1 }), 'constant matmul');
  t.equal(product([2, 3, 6], [2, 6, 4]), 'constant matmul', 'several matrices');
  t.equal(product([1, 3, 6], [5, 6, 4]), 'constant matmul', 'stretched');
});
