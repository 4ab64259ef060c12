import t from 'tap';
import { removeIdentities } from '../../src/passes/remove-identities.js';
import type { Attribute } from '../../src/graph/index.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { random } from '../helpers/random.js';
import { keepsOutputs, opsOf } from './passed.js';

const r = random();

const SINGLE: [op: string, attributes: Record<string, Attribute>][] = [
  ['pad', { pads: [0, 0, 0, 0, 0, 0] }],
  ['pad2d', { pads: [0, 0, 0, 0] }],
  ['transpose', { permutation: [0, 1, 2] }],
  ['slice', { begin: [0, 0, 0], size: [2, 3, 4] }],
  ['tile', { repeats: [1, 1, 1] }],
  ['expand', { shape: [2, 3, 4] }],
  ['concat', { axis: 1 }],
];

for (const [op, attributes] of SINGLE)
  t.test(`${op} of nothing goes`, async (t) => {
    const { graph } = new GraphBuilder([2, 3, 4]).add('abs').add(op, attributes).add('neg');
    t.equal(opsOf(keepsOutputs(removeIdentities, graph, r, 0)), 'abs neg');
  });

t.test('a reshape to the same shape goes, another stays', async (t) => {
  const { graph } = new GraphBuilder([2, 3])
    .add('reshape', {}, {}, { shape: [2, 3] })
    .add('reshape', {}, {}, { shape: [6] });
  t.equal(opsOf(keepsOutputs(removeIdentities, graph, r, 0)), 'reshape');
});

function withNumber(op: string, value: number, swapped = false, shape: number[] = []) {
  const { graph } = new GraphBuilder([2, 3])
    .add('constant', {}, { value: shape }, { name: 'c', inputs: [] })
    .add(op, {}, {}, { inputs: swapped ? ['c', 'input'] : ['input', 'c'] })
    .add('neg');
  (graph.weights.get('c/value')!.data as Float32Array).fill(value);
  return opsOf(keepsOutputs(removeIdentities, graph, r, 0));
}

t.test('x + 0, x - 0, x * 1, x / 1, x ^ 1', async (t) => {
  for (const [op, value] of [
    ['add', 0],
    ['sub', 0],
    ['mul', 1],
    ['div', 1],
    ['pow', 1],
  ] as const)
    t.equal(withNumber(op, value), 'neg', op);
  t.equal(withNumber('add', 0, true, [3]), 'neg');
  t.equal(withNumber('sub', 0, true), 'constant sub neg', '0 - x is none');
  t.equal(withNumber('div', 1, true), 'constant div neg', '1 / x is none');
  t.equal(withNumber('add', 1), 'constant add neg');
  t.equal(withNumber('add', 0, false, [4, 2, 3]), 'constant add neg', 'it stretches');
});

t.test('relu of relu, also of a layer with relu', async (t) => {
  const { graph } = new GraphBuilder([4])
    .add('dense', { activation: 'relu' }, { kernel: [4, 4] })
    .add('relu')
    .add('relu6')
    .add('relu6');
  t.equal(opsOf(keepsOutputs(removeIdentities, graph, r, 0)), 'dense relu6');
});
