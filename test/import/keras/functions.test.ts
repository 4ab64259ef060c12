/** Functions that stand as layers, as Keras 2 and 3 write them, against tfjs' operators. */
import * as tf from '@tensorflow/tfjs';
import t, { type Test } from 'tap';
import { importModel } from '../../../src/import/index.js';
import { checkGraph } from '../../../src/ops/check.js';
import { trainForward } from '../../helpers/forward.js';
import { random, SEED } from '../../helpers/random.js';

const SHAPE = [4, 6];
const X = ['x', 0, 0];
const Y = ['y', 0, 0];

type Expected = (x: tf.Tensor, y: tf.Tensor) => tf.Tensor;

/** A functional model of inputs x and y and one layer. */
function source(layer: object, version: string): object {
  const inputs = ['x', 'y'].map((name) => ({
    class_name: 'InputLayer',
    name,
    config: { name, batch_input_shape: [null, ...SHAPE] },
    inbound_nodes: [],
  }));
  const config = {
    name: 'model',
    layers: [...inputs, layer],
    input_layers: [X, Y],
    output_layers: [['f', 0, 0]],
  };
  return {
    modelTopology: { keras_version: version, class_name: 'Functional', config },
    weightSpecs: [],
    weightData: new ArrayBuffer(0),
  };
}

/** @param first the first argument of Keras 2's call: a reference, a list of them, or a constant */
function keras2(name: string, first: unknown[], kwargs: object = {}): object {
  const call = Array.isArray(first[0])
    ? (first as unknown[][]).map((part) => [...part, kwargs])
    : [...first, kwargs];
  const class_name = name === '_operators__.getitem' ? 'SlicingOpLambda' : 'TFOpLambda';
  return source(
    { class_name, name: 'f', config: { name: 'f', function: name }, inbound_nodes: [call] },
    '2.11.0',
  );
}

function keras3(
  class_name: string,
  args: unknown[],
  config: object = {},
  module = 'keras.src.ops.numpy',
): object {
  const inbound_nodes = [{ args, kwargs: {} }];
  return source({ module, class_name, name: 'f', config: { name: 'f', ...config }, inbound_nodes }, '3.4.1');
}

function tensor(name: string): object {
  return { class_name: '__keras_tensor__', config: { shape: [null, ...SHAPE], keras_history: [name, 0, 0] } };
}

async function check(t: Test, model: object, expected: Expected): Promise<void> {
  const graph = await importModel(model as never);
  checkGraph(graph);
  const r = random();
  const [x, y] = [0, 1].map(() =>
    tf.tensor(
      Float32Array.from({ length: 48 }, () => r.normal()),
      [2, ...SHAPE],
    ),
  );
  const got = trainForward(graph, [x, y]).get(graph.outputs[0])!;
  const wanted = expected(x, y);
  t.same(got.shape, wanted.shape);
  const largest = wanted.abs().max().dataSync()[0];
  const difference = tf.sub(got, wanted).abs().max().dataSync()[0];
  t.ok(difference <= 1e-6 * largest, `${difference} of ${largest} (SEED=${SEED})`);
}

const KERAS_2: [name: string, model: object, expected: Expected][] = [
  ['relu6', keras2('nn.relu6', X), (x) => tf.relu6(x)],
  ['sigmoid', keras2('math.sigmoid', X), (x) => tf.sigmoid(x)],
  ['x * y', keras2('math.multiply', X, { y: Y, name: null }), (x, y) => tf.mul(x, y)],
  ['x + 3', keras2('__operators__.add', X, { y: 3, name: null }), (x) => tf.add(x, 3)],
  ['1 - x', keras2('math.subtract', ['_CONSTANT_VALUE', -1, 1], { y: X }), (x) => tf.sub(1, x)],
  [
    'x / list',
    keras2('math.truediv', X, { y: [1, 2, 3, 4, 5, 6] }),
    (x) => tf.div(x, tf.tensor1d([1, 2, 3, 4, 5, 6])),
  ],
  ['maximum', keras2('math.maximum', X, { y: Y }), (x, y) => tf.maximum(x, y)],
  ['concat', keras2('concat', [X, Y], { axis: 1 }), (x, y) => tf.concat([x, y], 1)],
  ['reduce_mean', keras2('math.reduce_mean', X, { axis: [1], keepdims: true }), (x) => tf.mean(x, 1, true)],
  ['reduce_sum', keras2('math.reduce_sum', X, { axis: -1 }), (x) => tf.sum(x, -1)],
  ['reshape', keras2('reshape', X, { shape: [-1, 3, 8] }), (x) => tf.reshape(x, [2, 3, 8])],
  ['transpose', keras2('transpose', X, { perm: [0, 2, 1] }), (x) => tf.transpose(x, [0, 2, 1])],
  ['expand_dims', keras2('expand_dims', X, { axis: -1 }), (x) => tf.expandDims(x, -1)],
  [
    'clip',
    keras2('clip_by_value', X, { clip_value_min: -0.5, clip_value_max: 0.25 }),
    (x) => tf.clipByValue(x, -0.5, 0.25),
  ],
  ['softmax', keras2('nn.softmax', X, { axis: -1 }), (x) => tf.softmax(x)],
  ['leaky_relu', keras2('nn.leaky_relu', X, { alpha: 0.3 }), (x) => tf.leakyRelu(x, 0.3)],
  [
    'pad',
    keras2('pad', X, {
      paddings: [
        [0, 0],
        [1, 2],
        [0, 1],
      ],
    }),
    (x) =>
      tf.pad(x, [
        [0, 0],
        [1, 2],
        [0, 1],
      ]),
  ],
  ['cast', keras2('cast', X, { dtype: 'float32' }), (x) => x],
  [
    'x[:, 1:, ::2]',
    keras2('_operators__.getitem', X, {
      slice_spec: [
        { start: null, stop: null, step: null },
        { start: 1, stop: null, step: null },
        { start: null, stop: null, step: 2 },
      ],
    }),
    (x) => tf.stridedSlice(x, [0, 1, 0], [2, 4, 6], [1, 1, 2]),
  ],
  [
    'x[..., -1]',
    keras2('_operators__.getitem', X, { slice_spec: ['Ellipsis', -1] }),
    (x) => tf.squeeze(tf.slice(x, [0, 0, 5], [2, 4, 1]), [2]),
  ],
];

for (const [name, model, expected] of KERAS_2) t.test(`Keras 2: ${name}`, (t) => check(t, model, expected));

const [x3, y3] = [tensor('x'), tensor('y')];

const KERAS_3: [name: string, model: object, expected: Expected][] = [
  ['Add', keras3('Add', [x3, y3]), (x, y) => tf.add(x, y)],
  ['Multiply by a number', keras3('Multiply', [x3, 0.5]), (x) => tf.mul(x, 0.5)],
  ['Relu6', keras3('Relu6', [x3], {}, 'keras.src.ops.nn'), (x) => tf.relu6(x)],
  ['Mean', keras3('Mean', [x3], { axis: [1], keepdims: false }), (x) => tf.mean(x, 1)],
  ['Concatenate', keras3('Concatenate', [[x3, y3]], { axis: -1 }), (x, y) => tf.concat([x, y], -1)],
  ['Transpose', keras3('Transpose', [x3], { axes: [0, 2, 1] }), (x) => tf.transpose(x, [0, 2, 1])],
];

for (const [name, model, expected] of KERAS_3) t.test(`Keras 3: ${name}`, (t) => check(t, model, expected));

t.test('an unknown function is named', async (t) => {
  await t.rejects(importModel(keras2('linalg.svd', X) as never), {
    code: 'layer',
    message: /f \(TFOpLambda\): function: linalg\.svd is not supported; known are exp, /,
  });
  await t.rejects(importModel(keras3('Qr', [x3], {}, 'keras.src.ops.linalg') as never), {
    code: 'layer',
    message: /f \(Qr\): function: Qr is not supported/,
  });
});

t.test('a mask as a second tensor', async (t) => {
  const dense = {
    class_name: 'LSTM',
    name: 'f',
    config: { name: 'f', units: 2 },
    inbound_nodes: [[[...X, { initial_state: [Y] }]]],
  };
  await t.rejects(importModel(source(dense, '2.11.0') as never), {
    code: 'layer',
    message: /f \(LSTM\): expected its inputs alone, got a mask or first state as well/,
  });
});
