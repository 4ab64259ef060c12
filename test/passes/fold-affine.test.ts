import t from 'tap';
import { foldAffine } from '../../src/passes/fold-affine.js';
import { untilStable } from '../../src/passes/rewrite.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { random } from '../helpers/random.js';
import { keepsOutputs, opsOf } from './passed.js';

const r = random();
const pass = untilStable(foldAffine);

/** A layer, then operators with constants of that shape. */
function after(layer: GraphBuilder, steps: [op: string, shape: number[], swapped?: boolean][]) {
  let [last] = layer.graph.outputs;
  steps.forEach(([op, shape, swapped], i) => {
    layer.add('constant', {}, { value: shape }, { name: `c${i}`, inputs: [] });
    layer.add(op, {}, {}, { name: `n${i}`, inputs: swapped ? [`c${i}`, last] : [last, `c${i}`] });
    last = `n${i}`;
  });
  return opsOf(keepsOutputs(pass, layer.graph, r, 64));
}

const conv = () => new GraphBuilder([4, 4, 3]).add('conv2d', {}, { kernel: [5, 2, 2, 3] });

t.test('a bias that stands alone, and a batch norm taken apart', async (t) => {
  t.equal(after(conv(), [['add', [5]]]), 'conv2d');
  t.equal(
    after(conv(), [
      ['mul', [5]],
      ['add', [1, 1, 5]],
    ]),
    'conv2d',
  );
  t.equal(
    after(conv(), [
      ['sub', [5]],
      ['div', [5]],
      ['mul', []],
      ['add', [5]],
    ]),
    'conv2d',
  );
  t.equal(after(conv(), [['sub', [5], true]]), 'conv2d');
  t.equal(
    after(new GraphBuilder([6]).add('dense', {}, { kernel: [4, 6], bias: [4] }), [
      ['mul', [4]],
      ['add', [1]],
    ]),
    'dense',
  );
  const depthwise = new GraphBuilder([4, 4, 3]).add(
    'depthwise_conv2d',
    {},
    { kernel: [6, 2, 2, 1], bias: [6] },
  );
  t.equal(
    after(depthwise, [
      ['mul', [6]],
      ['add', [6]],
    ]),
    'depthwise_conv2d',
  );
  const transposed = new GraphBuilder([3, 3, 2]).add(
    'conv_transpose2d',
    { strides: [2, 2] },
    { kernel: [4, 3, 3, 2] },
  );
  t.equal(
    after(transposed, [
      ['mul', [4]],
      ['add', [4]],
    ]),
    'conv_transpose2d',
  );
});

t.test('through a reshape that leaves the channels alone', async (t) => {
  t.equal(after(conv().add('reshape', {}, {}, { shape: [9, 5] }), [['add', [5]]]), 'conv2d reshape');
  t.equal(
    after(conv().add('reshape', {}, {}, { shape: [45] }), [['add', [45]]]),
    'conv2d reshape constant add',
  );
});

t.test('what is no number for each channel, or comes behind an activation, stays', async (t) => {
  t.equal(after(conv(), [['add', [3, 3, 1]]]), 'conv2d constant add');
  t.equal(after(conv(), [['div', [5], true]]), 'conv2d constant div');
  t.equal(after(conv().add('relu'), [['add', [5]]]), 'conv2d relu constant add');
});

t.test('an activation of the sum becomes the layer own', async (t) => {
  const { graph } = conv()
    .add('constant', {}, { value: [5] }, { name: 'c', inputs: [] })
    .add('add', { activation: 'relu6' }, {}, { inputs: ['conv2d0', 'c'] });
  const folded = keepsOutputs(pass, graph, r, 64);
  t.same(folded.nodes[0].attributes, { activation: 'relu6' });
});
