import t from 'tap';
import { checkCases } from './check-cases.js';
import { ENDS, floats, from, one, positives, sample, scalar, type Case } from './cases.js';

const IMAGE = [1, 3, 4, 5];

const UNARY: Record<string, readonly number[]> = {
  Relu: ENDS,
  LeakyRelu: ENDS,
  Elu: ENDS,
  Selu: ENDS,
  Celu: from(13),
  Sigmoid: ENDS,
  Tanh: ENDS,
  HardSigmoid: ENDS,
  HardSwish: from(17),
  Softplus: ENDS,
  Softsign: ENDS,
  ThresholdedRelu: from(11),
  Shrink: ENDS,
  Erf: ENDS,
  Exp: ENDS,
  Abs: ENDS,
  Neg: ENDS,
  Floor: ENDS,
  Ceil: ENDS,
  Round: from(11),
  Sign: ENDS,
  Sin: ENDS,
  Cos: ENDS,
  Identity: ENDS,
  Mish: from(21),
  Gelu: from(21),
};

const positive = { dims: IMAGE, data: positives(IMAGE).data as Float32Array };

const activations: Case[] = [
  ...Object.entries(UNARY).map(([op, opsets]) => one(op, [IMAGE], { opsets })),
  ...['Sigmoid', 'Relu', 'Exp'].map((op) => one(op, [IMAGE], { afterConv: true })),
  ...['Log', 'Sqrt', 'Reciprocal'].map((op) => one(op, [positive])),
  one('LeakyRelu', [IMAGE], { attributes: { alpha: { float: 0.3 } } }),
  one('Elu', [IMAGE], { attributes: { alpha: { float: 0.5 } } }),
  one('Celu', [IMAGE], { attributes: { alpha: { float: 2 } }, opsets: from(13) }),
  one('Selu', [IMAGE], { attributes: { alpha: { float: 1.2 }, gamma: { float: 2 } } }),
  one('HardSigmoid', [IMAGE], { attributes: { alpha: { float: 0.1 }, beta: { float: 0.4 } } }),
  one('ThresholdedRelu', [IMAGE], { attributes: { alpha: { float: 0.2 } }, opsets: from(11) }),
  one('Shrink', [IMAGE], { attributes: { lambd: { float: 0.3 }, bias: { float: 0.2 } } }),
  one('Gelu', [IMAGE], { attributes: { approximate: 'tanh' }, opsets: [21] }),
  one('Clip', [IMAGE], { attributes: { min: { float: -0.5 }, max: { float: 0.7 } }, opsets: [9] }),
  one('Clip', [IMAGE], { attributes: { min: { float: 0 }, max: { float: 6 } }, opsets: [9] }),
  one('Clip', [IMAGE], { constants: [scalar(-0.5), scalar(0.7)], opsets: from(11) }),
  one('Clip', [IMAGE], { constants: [null, scalar(0.7)], opsets: from(11) }),
  one('Clip', [IMAGE], { constants: [scalar(0)], opsets: from(11) }),
  one('PRelu', [IMAGE], { constants: [floats([3, 1, 1])] }),
  one('PRelu', [IMAGE], { constants: [floats([3, 1, 1])], afterConv: true }),
  one('PRelu', [IMAGE], { constants: [floats([1])] }),
  one('Dropout', [IMAGE], { afterConv: true }),
  one('Gelu', [IMAGE], { domain: 'com.microsoft' }),
  one('QuickGelu', [IMAGE], { domain: 'com.microsoft' }),
  one('FastGelu', [[2, 6]], { domain: 'com.microsoft', constants: [floats([6])] }),
  one('BiasGelu', [[2, 6]], { domain: 'com.microsoft', constants: [floats([6])] }),
];

const BINARY = ['Add', 'Sub', 'Mul', 'Div', 'Min', 'Max', 'Sum', 'Mean'];

const binary: Case[] = [
  ...BINARY.flatMap((op) => [
    one(op, [IMAGE, IMAGE]),
    one(op, [IMAGE, IMAGE], { afterConv: true, label: 'and a model input' }),
    one(op, [IMAGE], { constants: [floats([3, 1, 1])], afterConv: true }),
    one(op, [IMAGE], { constants: [floats([5])], afterConv: true }),
    one(op, [IMAGE], { constants: [floats([1, 3, 4, 5])], afterConv: true }),
    one(op, [IMAGE], { constants: [scalar(1.5)], afterConv: true }),
    one(op, [[1, 7]], { constants: [floats([1, 7])] }),
    one(
      op,
      [
        [1, 1, 4, 5],
        [1, 3, 1, 1],
      ],
      { label: 'both stretched' },
    ),
  ]),
  one('Pow', [positive], { constants: [scalar(1.7)] }),
  one('Pow', [positive, IMAGE]),
  one(
    'Mod',
    [
      [1, 8],
      [1, 8],
    ],
    { attributes: { fmod: 1 }, opsets: from(11) },
  ),
  ...['Min', 'Max', 'Sum', 'Mean'].flatMap((op) => [
    one(op, [IMAGE, [1, 3, 1, 1], [4, 1]]),
    one(op, [IMAGE]),
  ]),
];

const whole = (dims: number[], type: 'int32' | 'int64', least = -9): ReturnType<typeof sample> => ({
  ...sample(dims, 20),
  data: sample(dims, 20).data.map((value) => Math.max(least, Math.trunc(value)) || 1),
  type,
});

const integers: Case[] = [
  one('Div', [whole([1, 12], 'int32'), whole([1, 12], 'int32')]),
  one('Mod', [whole([1, 12], 'int32'), whole([1, 12], 'int32')], { opsets: from(11) }),
  one('Mod', [whole([1, 12], 'int32'), whole([1, 12], 'int32')], {
    attributes: { fmod: 1 },
    opsets: from(11),
  }),
  one('Cast', [sample([1, 12], 10)], { attributes: { to: 6 } }),
  one('Cast', [sample([1, 12], 10)], { attributes: { to: 9 } }),
  one('Cast', [whole([1, 12], 'int64')], { attributes: { to: 1 } }),
];

const bits = (dims: number[]): ReturnType<typeof sample> => ({
  ...sample(dims),
  data: sample(dims).data.map((value) => (value > 0 ? 1 : 0)),
  type: 'bool',
});

const half = { ...sample([1, 12], 2), data: sample([1, 12], 2).data.map(Math.round) };

const truths: Case[] = [
  ...['Less', 'Greater'].map((op) => one(op, [half, sample([1, 12])])),
  one('Equal', [half, { ...half, data: half.data.toReversed() as Float32Array }], { opsets: from(11) }),
  ...['LessOrEqual', 'GreaterOrEqual'].map((op) => one(op, [half, sample([1, 12])], { opsets: from(13) })),
  ...['And', 'Or', 'Xor'].map((op) => one(op, [bits([1, 3, 4]), bits([1, 1, 4])])),
  one('Not', [bits([1, 9])]),
  one('Where', [bits(IMAGE), IMAGE, [1, 3, 1, 1]]),
  one('Where', [bits([1, 1, 4, 5]), IMAGE], { constants: [scalar(-3)] }),
];

t.test('activations and functions of one number', async (t) => checkCases(t, activations));
t.test('two operands and more', async (t) => checkCases(t, binary));
t.test('whole numbers', async (t) => checkCases(t, integers));
t.test('truths', async (t) => checkCases(t, truths));
