/** Layers of tf.layers, one by one, against tf.layers itself. */
import * as tf from '@tensorflow/tfjs';
import t from 'tap';
import { compareWithTfjs, single } from './compare.js';

const { layers } = tf;

/** Name, layer, shape of its input. */
const CASES: [name: string, make: () => tf.layers.Layer, shape: number[]][] = [
  ['Conv1D', () => layers.conv1d({ filters: 3, kernelSize: 3, activation: 'tanh' }), [9, 2]],
  [
    'Conv1D same, stride',
    () => layers.conv1d({ filters: 3, kernelSize: 4, strides: 2, padding: 'same' }),
    [9, 2],
  ],
  ['Conv1D dilated', () => layers.conv1d({ filters: 2, kernelSize: 3, dilationRate: 2 }), [9, 2]],
  ['SeparableConv2D', () => layers.separableConv2d({ filters: 4, kernelSize: 3 }), [6, 5, 3]],
  ...(['same', 'valid'] as const).flatMap((padding) =>
    [
      [3, 2],
      [2, 3],
      [4, 2],
      [3, 1],
    ].map(([kernelSize, strides]): (typeof CASES)[number] => [
      `Conv2DTranspose ${padding} ${kernelSize}/${strides}`,
      () => layers.conv2dTranspose({ filters: 3, kernelSize, strides, padding, activation: 'relu' }),
      [4, 5, 2],
    ]),
  ),
  ['Dense on a sequence', () => layers.dense({ units: 3, activation: 'sigmoid' }), [4, 5]],
  ['Dense on four axes', () => layers.dense({ units: 3 }), [2, 3, 4, 5]],
  ...(
    [
      'elu',
      'hardSigmoid',
      'linear',
      'relu',
      'relu6',
      'selu',
      'sigmoid',
      'softmax',
      'softplus',
      'softsign',
      'tanh',
      'swish',
      'mish',
      'gelu',
      'gelu_new',
    ] as const
  ).flatMap((activation): typeof CASES => [
    [`Activation ${activation}`, () => layers.activation({ activation: activation as never }), [3, 7]],
    [
      `Conv2D with ${activation}`,
      () => layers.conv2d({ filters: 3, kernelSize: 2, activation: activation as never }),
      [3, 4, 2],
    ],
  ]),
  ['ReLU', () => layers.reLU(), [20]],
  ['ReLU with a ceiling', () => layers.reLU({ maxValue: 0.5 }), [20]],
  ['LeakyReLU', () => layers.leakyReLU({ alpha: 0.1 }), [20]],
  ['PReLU', () => layers.prelu(), [3, 4, 2]],
  ['PReLU shared', () => layers.prelu({ sharedAxes: [1, 2] }), [3, 4, 2]],
  ['ELU', () => layers.elu(), [20]],
  ['ThresholdedReLU', () => layers.thresholdedReLU({ theta: 0.4 }), [20]],
  ['Softmax', () => layers.softmax({ axis: -1 }), [3, 5]],
  ['BatchNormalization', () => layers.batchNormalization(), [3, 4, 5]],
  ['LayerNormalization', () => layers.layerNormalization(), [3, 8]],
  ['MaxPooling1D', () => layers.maxPooling1d({ poolSize: 3, strides: 2, padding: 'same' }), [9, 2]],
  ['AveragePooling1D', () => layers.averagePooling1d({ poolSize: 2 }), [9, 2]],
  ['GlobalMaxPooling1D', () => layers.globalMaxPooling1d(), [9, 2]],
  ['GlobalAveragePooling1D', () => layers.globalAveragePooling1d(), [9, 2]],
  [
    'Cropping2D',
    () =>
      layers.cropping2D({
        cropping: [
          [1, 0],
          [2, 1],
        ],
      }),
    [6, 7, 2],
  ],
  ['UpSampling2D nearest', () => layers.upSampling2d({ size: [2, 3] }), [3, 4, 2]],
  [
    'UpSampling2D bilinear',
    () => layers.upSampling2d({ size: [2, 3], interpolation: 'bilinear' }),
    [3, 4, 2],
  ],
  ['Rescaling', () => layers.rescaling({ scale: 0.5, offset: -1 }), [3, 4, 2]],
  ['CenterCrop', () => layers.centerCrop({ height: 3, width: 2 }), [6, 7, 2]],
  ['Permute', () => layers.permute({ dims: [3, 1, 2] }), [2, 3, 4]],
  ['RepeatVector', () => layers.repeatVector({ n: 3 }), [5]],
  ['Flatten, channels first', () => layers.flatten({ dataFormat: 'channelsFirst' }), [2, 3, 4]],
  [
    'Conv2D, channels first',
    () => layers.conv2d({ filters: 2, kernelSize: 2, dataFormat: 'channelsFirst' }),
    [2, 4, 4],
  ],
  [
    'MaxPooling2D, channels first',
    () => layers.maxPooling2d({ poolSize: 2, dataFormat: 'channelsFirst' }),
    [2, 4, 4],
  ],
  ['SpatialDropout1D', () => layers.spatialDropout1d({ rate: 0.5 }), [9, 2]],
];

for (const [name, make, shape] of CASES) {
  t.test(name, async (t) => void (await compareWithTfjs(t, single(make(), shape))));
}

t.test('Embedding', async (t) => {
  const model = single(layers.embedding({ inputDim: 11, outputDim: 4 }), [6]);
  await compareWithTfjs(t, model, (r) => r.int(0, 10));
});

/** Recurrent layers in each of their settings. */
const UNITS = { units: 4 };
const SEQUENCES = [
  { returnSequences: true },
  { returnSequences: false },
  { returnSequences: true, goBackwards: true },
  { returnSequences: false, goBackwards: true },
  { useBias: false },
];

for (const settings of SEQUENCES) {
  const title = JSON.stringify(settings);
  t.test(`LSTM ${title}`, async (t) => {
    await compareWithTfjs(t, single(layers.lstm({ ...UNITS, ...settings }), [5, 3]));
  });
  t.test(`GRU ${title}`, async (t) => {
    await compareWithTfjs(t, single(layers.gru({ ...UNITS, ...settings }), [5, 3]));
  });
  t.test(`SimpleRNN ${title}`, async (t) => {
    await compareWithTfjs(t, single(layers.simpleRNN({ ...UNITS, ...settings }), [5, 3]));
  });
}

t.test('LSTM with a sigmoid gate, and with states', async (t) => {
  await compareWithTfjs(t, single(layers.lstm({ ...UNITS, recurrentActivation: 'sigmoid' }), [5, 3]));
  const input = tf.input({ shape: [5, 3] });
  const [output, state] = layers.gru({ ...UNITS, returnState: true }).apply(input) as tf.SymbolicTensor[];
  await compareWithTfjs(t, tf.model({ inputs: input, outputs: [output, state] }));
});

for (const mergeMode of ['concat', 'sum', 'mul', 'ave'] as const) {
  for (const returnSequences of [true, false]) {
    t.test(`Bidirectional ${mergeMode}, sequences ${returnSequences}`, async (t) => {
      const layer = layers.gru({ ...UNITS, returnSequences }) as tf.RNN;
      await compareWithTfjs(t, single(layers.bidirectional({ layer, mergeMode }), [5, 3]));
    });
  }
}

t.test('RNN of a cell, and of several', async (t) => {
  await compareWithTfjs(
    t,
    single(layers.rnn({ cell: layers.lstmCell({ units: 4 }), returnSequences: true }), [5, 3]),
  );
  const cells = [layers.lstmCell({ units: 4 }), layers.gruCell({ units: 3, resetAfter: false })];
  const stacked = layers.stackedRNNCells({ cells }) as never;
  await compareWithTfjs(t, single(layers.rnn({ cell: stacked }), [5, 3]));
});

t.test('TimeDistributed', async (t) => {
  const dense = layers.timeDistributed({ layer: layers.dense({ units: 3, activation: 'relu' }) });
  await compareWithTfjs(t, single(dense, [4, 5]));
  const conv = layers.timeDistributed({ layer: layers.conv2d({ filters: 2, kernelSize: 3 }) });
  const graph = await compareWithTfjs(t, single(conv, [3, 5, 5, 2]));
  t.equal(graph.nodes.filter(({ op }) => op === 'conv2d').length, 3);
  t.equal(graph.weights.size, 2, 'shared by the steps');
});

t.test('merges', async (t) => {
  const inputs = ['a', 'b', 'c'].map((name) => tf.input({ shape: [3, 4], name }));
  const merges = [
    layers.add(),
    layers.multiply(),
    layers.average(),
    layers.maximum(),
    layers.minimum(),
    layers.concatenate(),
    layers.concatenate({ axis: 1 }),
  ];
  const outputs = merges.map((layer) => layer.apply(inputs) as tf.SymbolicTensor);
  await compareWithTfjs(t, tf.model({ inputs, outputs }));
});

t.test('Dot', async (t) => {
  const [a, b] = ['a', 'b'].map((name) => tf.input({ shape: [6], name }));
  for (const normalize of [false, true]) {
    const output = layers.dot({ axes: 1, normalize }).apply([a, b]) as tf.SymbolicTensor;
    await compareWithTfjs(t, tf.model({ inputs: [a, b], outputs: output }));
  }
  const [c, d] = [tf.input({ shape: [3, 4] }), tf.input({ shape: [5, 4] })];
  const product = layers.dot({ axes: 2 }).apply([c, d]) as tf.SymbolicTensor;
  await compareWithTfjs(t, tf.model({ inputs: [c, d], outputs: product }));
});
