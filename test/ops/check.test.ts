import t, { type Test } from 'tap';
import type { Attribute, Graph } from '../../src/graph/index.js';
import { attributesOf, checkGraph } from '../../src/ops/check.js';
import { random } from '../helpers/random.js';
import { graphOf, int8GraphOf, type Case } from './helpers.js';

const kernel = { shape: [4, 3, 3, 2] };
const conv: Case = { op: 'conv2d', inputs: [[5, 5, 2]], weights: { kernel } };

function refused(t: Test, spec: Case, message: RegExp): void {
  t.throws(() => graphOf(spec, random()), { name: 'RangeError', message });
}

function withAttributes(attributes: Record<string, Attribute>): Case {
  return { ...conv, attributes };
}

t.test('attributes: defaults, missing, unknown, wrong', async (t) => {
  const node = graphOf(conv, random()).nodes[0];
  t.same(attributesOf(node), {
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    groups: 1,
    activation: 'linear',
  });
  refused(t, { op: 'max_pool2d', inputs: [[4, 4, 1]] }, /node 'node' \(max_pool2d\): size is missing/);
  refused(t, withAttributes({ stride: [1, 1] }), /expected attributes strides, .*, got 'stride'/);
  refused(
    t,
    withAttributes({ strides: [0, 1] }),
    /strides: expected 2 whole numbers of at least 1, got \[0,1\]/,
  );
  refused(
    t,
    withAttributes({ pads: [0, 0, 0] }),
    /pads: expected 4 whole numbers of at least 0, got \[0,0,0\]/,
  );
  refused(t, withAttributes({ activation: 'tanh' }), /activation: expected linear, relu, relu6, got tanh/);
});

t.test('windows', async (t) => {
  refused(
    t,
    withAttributes({ dilations: [3, 1] }),
    /window: expected at most 5 rows \(the padded image\), got 7/,
  );
  const pool = { op: 'avg_pool2d', inputs: [[4, 4, 1]], attributes: { size: [2, 3], pads: [0, 0, 2, 0] } };
  refused(t, pool, /pads: expected less than the window \[2,3\], got \[0,0,2,0\]/);
});

t.test('shapes', async (t) => {
  refused(t, { ...conv, inputs: [[5, 5, 3]] }, /kernel: expected 3 input channels, got \[4,3,3,2\]/);
  const grouped = { ...conv, inputs: [[5, 5, 6]], attributes: { groups: 3 } };
  refused(t, grouped, /groups: expected to divide 6 channels and 4 outputs, got 3/);
  refused(t, { ...conv, inputs: [[50]] }, /expected \[height, width, channels\], got \[50\]/);
  refused(t, { ...conv, op: 'dense' }, /kernel: expected 2 dimensions, got \[4,3,3,2\]/);
  refused(
    t,
    { ...conv, op: 'depthwise_conv2d' },
    /expected \[a multiple of 2, rows, columns, 1\], got \[4,3,3,2\]/,
  );
  refused(
    t,
    { op: 'dense', inputs: [[2, 2]], weights: { kernel: { shape: [1, 4] } } },
    /input: expected \[4\] .* got \[2,2\]/,
  );
  refused(t, { op: 'add', inputs: [[2], [3]] }, /expected shapes that broadcast, got \[2\] and \[3\]/);
  const graph = graphOf(conv, random());
  graph.tensors.get('y')!.shape = [3, 3, 5];
  t.throws(() => checkGraph(graph), { message: /output 'y': expected \[3,3,4\], got \[3,3,5\]/ });
});

t.test('inputs and weights', async (t) => {
  refused(t, { op: 'add', inputs: [[2]] }, /inputs: expected 2, got 1/);
  refused(t, { op: 'dense', inputs: [[2]] }, /weights: expected kernel, kernel is missing/);
  refused(t, { op: 'relu', inputs: [[2]], weights: { kernel } }, /weights: expected none, got 'kernel'/);
  const bias = { shape: [5] };
  refused(t, { ...conv, weights: { kernel, bias } }, /bias: expected f32 \[4\], got f32 \[5\]/);
});

t.test('dtypes and scales', async (t) => {
  const q = { scale: 0.5, zeroPoint: 0 };
  const int8 = (op: string, more: object): (() => Graph) => {
    return () => int8GraphOf({ op, inputs: [[4]], inputQuantization: [q], ...more });
  };
  t.throws(int8('softmax', {}), { message: /dtypes: expected f32 -> f32, got i8 -> f32/ });
  t.throws(int8('relu', { outputQuantization: { scale: 0.25, zeroPoint: 1 } }), {
    message: /output 'y': expected its input's scale and zero point, 0.5 and 0, got 0.25 and 1/,
  });
  const dense = (weights: object) => int8('dense', { outputQuantization: q, weights });
  const data = [1, 2, 3, 4];
  const int8Kernel = { shape: [1, 4], dtype: 'i8', data };
  t.throws(dense({ kernel: { ...int8Kernel, dtype: 'f32' } }), {
    message: /kernel: expected i8 .*, got f32/,
  });
  t.throws(dense({ kernel: int8Kernel }), {
    message: /scale: expected exactly with an int8 kernel, got none/,
  });
  const scale = { shape: [1], dtype: 'f32', data: [1] };
  const bias = { shape: [1], dtype: 'f32', data: [1] };
  t.throws(dense({ kernel: int8Kernel, scale, bias }), {
    message: /bias: expected i32 \[1\], got f32 \[1\]/,
  });
});
