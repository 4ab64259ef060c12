import t from 'tap';
import { pixelToDense } from '../../src/passes/pixel-to-dense.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { random } from '../helpers/random.js';
import { keepsOutputs, opsOf } from './passed.js';

const r = random();

function after(input: number[], kernel: number[], isLast = false): string {
  const builder = new GraphBuilder(input).add(
    'conv2d',
    { activation: 'relu6' },
    { kernel, bias: [kernel[0]] },
  );
  const { graph } = isLast ? builder : builder.add('sigmoid');
  return opsOf(keepsOutputs(pixelToDense, graph, r, 64));
}

t.test('a convolution of one pixel is a dense layer', async (t) => {
  t.equal(after([1, 1, 6], [4, 1, 1, 6]), 'reshape dense reshape sigmoid');
});

t.test('others stay', async (t) => {
  t.equal(after([2, 1, 6], [4, 1, 1, 6]), 'conv2d sigmoid', 'two pixels');
  t.equal(after([3, 3, 6], [4, 3, 3, 6]), 'conv2d sigmoid', 'several taps');
  t.equal(after([1, 1, 6], [4, 1, 1, 6], true), 'conv2d', 'the output keeps its shape');
});
