import t from 'tap';
import { lowerConvTranspose } from '../../../src/passes/lower/conv-transpose.js';
import { lowerMovement } from '../../../src/passes/lower/movement.js';
import { inOrder } from '../../../src/passes/rewrite.js';
import { random, SEED } from '../../helpers/random.js';
import { graphOf, type Case } from '../../ops/helpers.js';
import { keepsOutputs, opsOf } from '../passed.js';

const r = random();
const pass = inOrder([lowerConvTranspose, lowerMovement]);

function draw(): Case {
  const pair = (lo: number, hi: number): number[] => [r.int(lo, hi), r.int(lo, hi)];
  const groups = r.pick([1, 1, 2, 3]);
  const inner = r.pick([1, 2]);
  const [strides, dilations, taps] = [pair(1, 4), pair(1, 3), pair(1, 5)];
  const [height, width] = pair(1, 5);
  const pads = [r.int(0, 3), r.int(0, 3), r.int(0, 3), r.int(0, 3)];
  const output_padding = [r.int(0, strides[0]), r.int(0, strides[1])];
  const outputs = groups * r.int(1, 2);
  const size = (length: number, i: number): number =>
    (length - 1) * strides[i] + (taps[i] - 1) * dilations[i] + 1 + output_padding[i] - pads[i] - pads[i + 2];
  if (size(height, 0) < 1 || size(width, 1) < 1) return draw();
  const bias = r.pick([true, false]);
  return {
    op: 'conv_transpose2d',
    inputs: [[height, width, groups * inner]],
    attributes: { strides, dilations, pads, output_padding, groups, activation: r.pick(['linear', 'relu']) },
    weights: { kernel: { shape: [outputs, ...taps, inner] }, ...(bias && { bias: { shape: [outputs] } }) },
  };
}

t.test(`any transposed convolution is a convolution and views, SEED=${SEED}`, async (t) => {
  for (let i = 0; i < 150; i++) {
    const spec = draw();
    const lowered = keepsOutputs(pass, graphOf(spec, r), r, 4, JSON.stringify(spec));
    t.match(opsOf(lowered), /^(depthwise_)?conv2d( view| reshape){0,2}$/, JSON.stringify(spec));
  }
});

t.test('a doubling as Keras writes it: four phases of 2 x 2 taps, one view', async (t) => {
  const graph = graphOf(
    {
      op: 'conv_transpose2d',
      inputs: [[4, 4, 3]],
      attributes: { strides: [2, 2], pads: [0, 0, 1, 1] },
      weights: { kernel: { shape: [5, 3, 3, 3] } },
    },
    r,
  );
  const lowered = keepsOutputs(pass, graph, r, 4);
  t.equal(opsOf(lowered), 'conv2d view');
  t.same(lowered.weights.get(lowered.nodes[0].weights.kernel)!.shape, [20, 2, 2, 3]);
});
