import t from 'tap';
import { softmaxLast } from '../../src/passes/softmax-last.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { random } from '../helpers/random.js';
import { keepsOutputs, opsOf } from './passed.js';

const r = random();
const network = (shape: number[]) =>
  new GraphBuilder([1, 2, 6]).add('abs').add('softmax').add('reshape', {}, {}, { shape }).graph;

t.test('a reshape behind a softmax goes before it where the last axis stays', async (t) => {
  const moved = keepsOutputs(softmaxLast, network([2, 6]), r, 0);
  t.equal(opsOf(moved), 'abs reshape softmax');
  t.same(moved.tensors.get(moved.outputs[0])!.shape, [2, 6]);
  t.equal(opsOf(keepsOutputs(softmaxLast, network([12]), r, 0)), 'abs softmax reshape');
  const read = new GraphBuilder([2, 3]).add('softmax').add('reshape', {}, {}, { shape: [2, 1, 3] });
  read.add('mul', {}, {}, { inputs: ['softmax0', 'reshape1'] });
  t.equal(opsOf(keepsOutputs(softmaxLast, read.graph, r, 0)), 'softmax reshape mul', 'others read it too');
});
