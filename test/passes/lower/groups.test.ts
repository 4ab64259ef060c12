import t from 'tap';
import { lowerGroups } from '../../../src/passes/lower/groups.js';
import { random, SEED } from '../../helpers/random.js';
import { graphOf, integers, int8GraphOf } from '../../ops/helpers.js';
import { keepsOutputs, opsOf } from '../passed.js';

const r = random();

t.test(`groups are zeros, or a depthwise convolution, SEED=${SEED}`, async (t) => {
  for (let i = 0; i < 40; i++) {
    const [groups, inner, perGroup] = [r.int(2, 4), r.int(1, 3), r.int(1, 3)];
    const attributes = { groups, strides: [r.int(1, 2), 1], pads: [1, 0, 1, 1], activation: 'relu6' };
    const kernel = { shape: [groups * perGroup, 2, 3, inner] };
    const spec = { op: 'conv2d', inputs: [[4, 5, groups * inner]], attributes, weights: { kernel } };
    const lowered = keepsOutputs(lowerGroups, graphOf(spec, r), r, 4, JSON.stringify(spec));
    t.equal(opsOf(lowered), inner === 1 ? 'depthwise_conv2d' : 'conv2d');
    t.notOk('groups' in lowered.nodes[0].attributes);
  }
});

t.test('one group is none: a file has no such attribute', async (t) => {
  const spec = {
    op: 'conv2d',
    inputs: [[3, 3, 2]],
    attributes: { groups: 1 },
    weights: { kernel: { shape: [4, 2, 2, 2] } },
  };
  const lowered = keepsOutputs(lowerGroups, graphOf(spec, r), r, 0);
  t.notOk('groups' in lowered.nodes[0].attributes);
});

t.test('int8 to the bit', async (t) => {
  const graph = int8GraphOf({
    op: 'conv2d',
    inputs: [[3, 3, 4]],
    attributes: { groups: 2 },
    inputQuantization: [{ scale: 0.25, zeroPoint: -7 }],
    outputQuantization: { scale: 4, zeroPoint: 3 },
    weights: {
      kernel: { shape: [6, 2, 2, 2], dtype: 'i8', data: integers(r, 48, -127, 127) },
      bias: { shape: [6], dtype: 'i32', data: integers(r, 6, -999, 999) },
      scale: { shape: [6], dtype: 'f32', data: [0.25, 0.5, 0.25, 0.125, 1, 0.5] },
    },
  });
  t.equal(opsOf(keepsOutputs(lowerGroups, graph, r, 0)), 'conv2d');
});
