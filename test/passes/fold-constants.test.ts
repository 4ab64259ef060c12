import t from 'tap';
import { foldConstants } from '../../src/passes/fold-constants.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { random } from '../helpers/random.js';
import { keepsOutputs, opsOf, passed } from './passed.js';

const r = random();

t.test('what depends on constants alone is a constant', async (t) => {
  const { graph } = new GraphBuilder([3, 4])
    .add('constant', {}, { value: [4] }, { name: 'a', inputs: [] })
    .add('constant', {}, { value: [3, 1] }, { name: 'b', inputs: [] })
    .add('mul', {}, {}, { inputs: ['a', 'b'], name: 'ab' })
    .add('exp')
    .add('add', {}, {}, { inputs: ['input', 'exp3'] });
  t.equal(opsOf(keepsOutputs(foldConstants, graph, r, 0)), 'constant add');
});

t.test('a constant that would grow out of bounds stays as it is made', async (t) => {
  const { graph } = new GraphBuilder([1])
    .add('constant', {}, { value: [4] }, { inputs: [] })
    .add('tile', { repeats: [2 ** 20] })
    .add('add', {}, {}, { inputs: ['input', 'tile1'] });
  t.equal(opsOf(passed(foldConstants, graph)), 'constant tile add');
});

t.test('layers on constants are left alone: their loops would take long', async (t) => {
  const { graph } = new GraphBuilder([2])
    .add('constant', {}, { value: [2] }, { inputs: [] })
    .add('dense', {}, { kernel: [2, 2] })
    .add('add', {}, {}, { inputs: ['input', 'dense1'] });
  t.equal(opsOf(passed(foldConstants, graph)), 'constant dense add');
});
