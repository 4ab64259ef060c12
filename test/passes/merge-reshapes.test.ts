import t from 'tap';
import { cleanUp } from '../../src/passes/index.js';
import { mergeTransposes, sinkTransposes } from '../../src/passes/cancel-transposes.js';
import { foldTransposeIntoDense, mergeReshapes } from '../../src/passes/merge-reshapes.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { random } from '../helpers/random.js';
import { keepsOutputs, opsOf } from './passed.js';

const r = random();
const CHW = { permutation: [2, 0, 1] };
const HWC = { permutation: [1, 2, 0] };
const clean = (graph: Parameters<typeof cleanUp>[0]): boolean => cleanUp(graph) === graph;

t.test('reshape of reshape; a transpose of axes of 1', async (t) => {
  const { graph } = new GraphBuilder([2, 1, 3])
    .add('reshape', {}, {}, { shape: [6] })
    .add('reshape', {}, {}, { shape: [3, 2] })
    .add('neg');
  t.equal(opsOf(keepsOutputs(mergeReshapes, graph, r, 0)), 'reshape neg');
  const ones = new GraphBuilder([2, 1, 3]).add('transpose', { permutation: [1, 0, 2] }).graph;
  t.equal(opsOf(keepsOutputs(mergeReshapes, ones, r, 0)), 'reshape');
  const real = new GraphBuilder([2, 1, 3]).add('transpose', { permutation: [2, 1, 0] }).graph;
  t.equal(opsOf(keepsOutputs(mergeReshapes, real, r, 0)), 'transpose');
});

t.test('transposes that undo each other', async (t) => {
  const undone = new GraphBuilder([2, 3, 4])
    .add('abs')
    .add('transpose', CHW)
    .add('transpose', HWC)
    .add('neg');
  t.equal(opsOf(keepsOutputs(mergeTransposes, undone.graph, r, 0)), 'abs neg');
  const one = new GraphBuilder([2, 3, 4]).add('transpose', CHW).add('transpose', CHW);
  const merged = keepsOutputs(mergeTransposes, one.graph, r, 0);
  t.same(
    merged.nodes.map(({ attributes }) => attributes),
    [HWC],
  );
});

t.test('transposes meet across operators that do not mind', async (t) => {
  const { graph } = new GraphBuilder([3, 4, 2])
    .add('conv2d', {}, { kernel: [5, 1, 1, 2] }, { name: 'a' })
    .add('transpose', CHW, {}, { name: 'ta' })
    .add('conv2d', {}, { kernel: [5, 1, 1, 2] }, { name: 'b', inputs: ['input'] })
    .add('transpose', CHW, {}, { name: 'tb' })
    .add('sigmoid')
    .add('add', {}, {}, { name: 'sum', inputs: ['ta', 'sigmoid4'] })
    .add('constant', {}, { value: [5, 1, 1] }, { name: 'c', inputs: [] })
    .add('mul', {}, {}, { name: 'scaled', inputs: ['sum', 'c'] })
    .add('pad', { pads: [0, 1, 2, 0, 0, 1] }, {}, { name: 'padded' })
    .add('concat', { axis: 0 }, {}, { name: 'both', inputs: ['padded', 'padded'] })
    .add('transpose', HWC)
    .add('conv2d', {}, { kernel: [3, 1, 1, 10] });
  const cleaned = keepsOutputs(clean, graph, r, 64);
  t.notMatch(opsOf(cleaned), /transpose/);
});

t.test('squeeze and excite: the reduction takes the transpose in, the gate is one pixel', async (t) => {
  const { graph } = new GraphBuilder([3, 4, 2])
    .add('abs')
    .add('transpose', CHW, {}, { name: 't' })
    .add('reduce_mean', { axes: [1, 2], keepdims: 1 }, {}, { name: 'mean' })
    .add('sigmoid', {}, {}, { name: 'gate' })
    .add('mul', {}, {}, { inputs: ['t', 'gate'], name: 'gated' })
    .add('transpose', HWC);
  const cleaned = keepsOutputs(clean, graph, r, 16);
  t.notMatch(opsOf(cleaned), /transpose/);
  t.match(opsOf(cleaned), /global_avg_pool2d/);
});

t.test('an operand in another order stays, and so does the transpose', async (t) => {
  const { graph } = new GraphBuilder([3, 3, 3])
    .add('transpose', CHW, {}, { name: 't' })
    .add('add', {}, {}, { inputs: ['t', 'input'] });
  t.equal(opsOf(keepsOutputs(sinkTransposes, graph, r, 0)), 'transpose add');
});

t.test('flattened in another order for a dense layer', async (t) => {
  const { graph } = new GraphBuilder([3, 4, 2])
    .add('transpose', CHW)
    .add('reshape', {}, {}, { shape: [24] })
    .add('dense', {}, { kernel: [5, 24] });
  t.equal(opsOf(keepsOutputs(foldTransposeIntoDense, graph, r, 64)), 'reshape dense');
});
