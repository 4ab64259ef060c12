/** Products of matrices, normalizations, softmax, reductions. */
import t from 'tap';
import { checkCases } from './check-cases.js';
import { EVERY, floats, from, ints, one, positives, since, until, type Case } from './cases.js';

const IMAGE = [1, 4, 3, 5];

const flatten = (op: string, attributes = {}): Case =>
  one(op, [[1, 3, 4, 5]], {
    afterConv: true,
    attributes,
    constants: op === 'Reshape' ? [ints(1, -1)] : [],
    after: [{ op: 'Gemm', inputs: ['y', 'w', 'b'], outputs: ['z'], attributes: { transB: 1 } }],
    more: { w: floats([6, 60]), b: floats([6]) },
    label: 'then Gemm',
  });

const products: Case[] = [
  one('Gemm', [[1, 6]], { constants: [floats([6, 4]), floats([4])], opsets: EVERY }),
  one('Gemm', [[1, 6]], {
    constants: [floats([4, 6]), floats([1])],
    attributes: { transB: 1, beta: { float: 0.5 } },
  }),
  one('Gemm', [[1, 6]], {
    constants: [floats([6, 4])],
    attributes: { alpha: { float: 0.5 } },
    opsets: from(11),
  }),
  one('Gemm', [[6, 3]], { constants: [floats([6, 4]), floats([3, 4])], attributes: { transA: 1 } }),
  one('Gemm', [[3, 6]], { constants: [floats([6, 4]), floats([4])] }),
  one('Gemm', [
    [3, 6],
    [6, 4],
    [3, 1],
  ]),
  one('MatMul', [[1, 6]], { constants: [floats([6, 4])] }),
  one('MatMul', [[1, 5, 6]], { constants: [floats([6, 4])] }),
  one('MatMul', [[1, 2, 5, 6]], { constants: [floats([6, 4])] }),
  one('MatMul', [
    [1, 2, 5, 6],
    [1, 2, 6, 3],
  ]),
  one('MatMul', [
    [1, 2, 5, 6],
    [6, 3],
  ]),
  one('MatMul', [[1, 5, 6]], { constants: [floats([1, 6, 4])] }),
  one('MatMul', [[1, 3, 4, 5]], { constants: [floats([5, 2])], afterConv: true }),
  one(
    'FusedMatMul',
    [
      [1, 2, 6, 5],
      [1, 2, 3, 6],
    ],
    { domain: 'com.microsoft', attributes: { transA: 1, transB: 1, alpha: { float: 0.3 } } },
  ),
  one(
    'Einsum',
    [
      [1, 2, 3, 4],
      [1, 2, 5, 4],
    ],
    { attributes: { equation: 'bhid,bhjd->bhij' }, opsets: from(13) },
  ),
  one(
    'Einsum',
    [
      [1, 3, 4],
      [5, 4],
    ],
    { attributes: { equation: 'bij, kj -> bki' }, opsets: from(13) },
  ),
  flatten('Flatten'),
  flatten('Reshape'),
];

const four = (): [ReturnType<typeof floats>, ...ReturnType<typeof floats>[]] => [
  positives([4]),
  floats([4]),
  floats([4]),
  positives([4]),
];

const normalizing: Case[] = [
  one('BatchNormalization', [IMAGE], {
    constants: four(),
    attributes: { epsilon: { float: 1e-3 } },
    opsets: EVERY,
  }),
  one('BatchNormalization', [[1, 4, 7]], { constants: four() }),
  one('BatchNormalization', [[1, 4]], { constants: four() }),
  one('InstanceNormalization', [IMAGE], { constants: [floats([4]), floats([4])], afterConv: true }),
  one('InstanceNormalization', [[1, 4, 7]], { constants: [floats([4]), floats([4])] }),
  one('GroupNormalization', [IMAGE], {
    constants: [floats([4]), floats([4])],
    attributes: { num_groups: 2 },
    opsets: [21],
    afterConv: true,
  }),
  one('LayerNormalization', [[1, 3, 6]], { constants: [floats([6]), floats([6])], opsets: from(17) }),
  one('LayerNormalization', [[1, 3, 4, 2]], {
    constants: [floats([4, 2])],
    attributes: { axis: 2 },
    opsets: from(17),
  }),
  one('LpNormalization', [IMAGE], { attributes: { axis: 1, p: 2 }, afterConv: true }),
  one('LpNormalization', [[1, 6]], { attributes: { p: 1 } }),
  one('MeanVarianceNormalization', [IMAGE], { opsets: from(13) }),
  ...['Softmax', 'LogSoftmax'].flatMap((op) => [
    one(op, [[1, 9]], { opsets: EVERY }),
    one(op, [IMAGE], { attributes: { axis: 1 }, opsets: EVERY, afterConv: true }),
    one(op, [IMAGE], { attributes: { axis: 2 }, opsets: EVERY }),
    one(op, [IMAGE], { opsets: EVERY, label: 'default axis' }),
    one(op, [IMAGE], { attributes: { axis: -1 }, opsets: EVERY, afterConv: true }),
  ]),
];

const REDUCTIONS = [
  'ReduceMean',
  'ReduceMax',
  'ReduceMin',
  'ReduceProd',
  'ReduceL1',
  'ReduceL2',
  'ReduceSumSquare',
  'ReduceLogSumExp',
];

const reducing: Case[] = [
  ...REDUCTIONS.flatMap((op) => [
    one(op, [IMAGE], { attributes: { axes: [2, 3], keepdims: 0 }, opsets: until(17), afterConv: true }),
    one(op, [IMAGE], { attributes: { axes: [-1] }, opsets: [9] }),
    one(op, [IMAGE], { constants: [ints(1)], opsets: [18, 21], afterConv: true }),
    one(op, [IMAGE], { constants: [ints(2, 3)], attributes: { keepdims: 0 }, opsets: [21] }),
    one(op, [IMAGE], { opsets: [9, 21], label: 'all axes' }),
  ]),
  one('ReduceSum', [IMAGE], { attributes: { axes: [1, 3] }, opsets: [9, 11] }),
  one('ReduceSum', [IMAGE], { constants: [ints(1, 3)], opsets: since(13) }),
  one('ReduceSum', [IMAGE], { attributes: { noop_with_empty_axes: 1 }, opsets: since(13) }),
  one('ReduceMean', [IMAGE], { attributes: { axes: [2, 3] }, opsets: [9], afterConv: true }),
  one('ReduceLogSum', [{ dims: IMAGE, data: positives(IMAGE).data as Float32Array }], { opsets: [9, 21] }),
  ...['ArgMax', 'ArgMin'].flatMap((op) => [
    one(op, [IMAGE], { attributes: { axis: 1, keepdims: 0 }, afterConv: true }),
    one(op, [[1, 9]], { attributes: { axis: -1 }, opsets: since(11) }),
  ]),
];

t.test('Gemm, MatMul, Einsum', async (t) => checkCases(t, products));
t.test('normalizations and softmax', async (t) => checkCases(t, normalizing));
t.test('reductions', async (t) => checkCases(t, reducing));
