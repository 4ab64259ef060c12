/** Shapes, parts and constants; layouts that meet. */
import t from 'tap';
import { checkCases } from './check-cases.js';
import { EVERY, floats, from, ints, one, scalar, since, until, type Case } from './cases.js';

const IMAGE = [1, 4, 3, 5];

const views: Case[] = [
  one('Reshape', [IMAGE], { constants: [ints(0, 2, -1, 5)], afterConv: true }),
  one('Reshape', [IMAGE], { constants: [ints(1, 12, 5)], afterConv: true }),
  one('Reshape', [IMAGE], {
    constants: [ints(1, 6, 10, 1)],
    afterConv: true,
    label: 'that cuts across axes',
  }),
  one('Reshape', [IMAGE], { constants: [ints(1, 4, 3, 5)], attributes: { allowzero: 1 }, opsets: from(17) }),
  ...[0, 1, 2, 3, 4, -1].map((axis) =>
    one('Flatten', [IMAGE], { attributes: { axis }, afterConv: true, opsets: from(11) }),
  ),
  one('Transpose', [IMAGE], { attributes: { perm: [0, 2, 3, 1] }, afterConv: true }),
  one('Transpose', [IMAGE], {
    attributes: { perm: [0, 3, 1, 2] },
    after: [{ op: 'Relu', inputs: ['y'], outputs: ['z'] }],
  }),
  one('Transpose', [IMAGE], { label: 'reversed' }),
  one('Transpose', [[1, 3, 4]], { attributes: { perm: [2, 0, 1] } }),
  one('Squeeze', [[1, 4, 1, 5]], { attributes: { axes: [2] }, opsets: [9, 11], afterConv: true }),
  one('Squeeze', [[1, 4, 1, 5]], { constants: [ints(0, 2)], opsets: since(13) }),
  one('Unsqueeze', [[4, 5]], { attributes: { axes: [0, 3] }, opsets: [9, 11] }),
  one('Unsqueeze', [[1, 4, 5]], { constants: [ints(-1)], opsets: since(13) }),
  one('Expand', [[1, 4, 1, 1]], { constants: [ints(1, 4, 3, 5)], afterConv: true }),
  one('Expand', [[1, 5]], { constants: [ints(3, 1, 5)] }),
  one('Tile', [IMAGE], { constants: [ints(1, 2, 1, 3)] }),
  one('Shape', [IMAGE], { after: [{ op: 'Cast', inputs: ['y'], outputs: ['z'], attributes: { to: 1 } }] }),
  one('Shape', [IMAGE], { attributes: { start: 1, end: -1 }, opsets: from(17) }),
  one('Size', [IMAGE]),
];

const shuffled: Case = one('Reshape', [[1, 6, 3, 4]], {
  constants: [ints(1, 2, 3, 3, 4)],
  afterConv: true,
  after: [
    { op: 'Transpose', inputs: ['y'], outputs: ['t'], attributes: { perm: [0, 2, 1, 3, 4] } },
    { op: 'Reshape', inputs: ['t', 's'], outputs: ['u'] },
    { op: 'Conv', inputs: ['u', 'w'], outputs: ['z'] },
  ],
  more: { s: ints(1, 6, 3, 4), w: floats([2, 6, 1, 1]) },
  label: 'channel shuffle',
});

const parts: Case[] = [
  one('Concat', [IMAGE, [1, 2, 3, 5]], { attributes: { axis: 1 }, afterConv: true }),
  one('Concat', [IMAGE, IMAGE], { attributes: { axis: -1 } }),
  one(
    'Concat',
    [
      [1, 3],
      [1, 4],
      [1, 1],
    ],
    { attributes: { axis: 1 } },
  ),
  one('Concat', [[1, 3]], { attributes: { axis: 0 }, constants: [floats([2, 3])] }),
  one('Split', [IMAGE], {
    attributes: { axis: 1, split: [1, 3] },
    outputs: 2,
    opsets: [9, 11],
    afterConv: true,
  }),
  one('Split', [IMAGE], {
    attributes: { axis: 1 },
    constants: [ints(1, 3)],
    outputs: 2,
    opsets: [13, 17],
    afterConv: true,
  }),
  one('Split', [IMAGE], { attributes: { axis: 1 }, outputs: 2, opsets: until(17) }),
  one('Split', [IMAGE], { attributes: { axis: 3, num_outputs: 2 }, outputs: 2, opsets: [18, 21] }),
  one('Slice', [IMAGE], {
    attributes: { starts: [1, -3], ends: [3, 1000], axes: [1, 3] },
    opsets: [9],
    afterConv: true,
  }),
  one('Slice', [IMAGE], {
    constants: [ints(1, -3), ints(3, 1000), ints(1, 3)],
    opsets: since(11),
    afterConv: true,
  }),
  one('Slice', [IMAGE], {
    constants: [ints(0, 4), ints(4, -100), ints(1, 3), ints(2, -2)],
    opsets: since(11),
  }),
  one('Gather', [IMAGE], { constants: [ints(2, 0, 3)], attributes: { axis: 1 }, afterConv: true }),
  one('Gather', [IMAGE], {
    constants: [{ dims: [], data: BigInt64Array.of(-1n) }],
    attributes: { axis: 2 },
    opsets: from(11),
  }),
  one('Cast', [{ dims: [1, 4], data: Float32Array.of(3, 0, 7, 3), type: 'int64' }], {
    attributes: { to: 6 },
    after: [{ op: 'Gather', inputs: ['table', 'y'], outputs: ['z'] }],
    more: { table: floats([8, 5]) },
    label: 'embedding',
  }),
  one('GatherND', [[3, 4, 2]], {
    constants: [{ dims: [2, 2], data: BigInt64Array.of(1n, 2n, 0n, 3n) }],
    opsets: from(11),
  }),
  one('Pad', [IMAGE], { attributes: { pads: [0, 0, 1, 2, 0, 0, 0, 1], value: { float: 0.5 } }, opsets: [9] }),
  ...['constant', 'reflect', 'edge'].map((mode) =>
    one('Pad', [IMAGE], {
      constants: [ints(0, 1, 1, 2, 0, 0, 0, 1)],
      attributes: { mode },
      opsets: since(11),
      afterConv: true,
    }),
  ),
  one('Pad', [IMAGE], { constants: [ints(0, -1, 1, 0, 0, 1, 0, -2), scalar(2)], opsets: since(11) }),
  one('Pad', [IMAGE], { constants: [ints(1, 2, 0, 1), scalar(2), ints(2, 3)], opsets: [18, 21] }),
  one('OneHot', [{ dims: [1, 3], data: Float32Array.of(0, 3, -1), type: 'int64' }], {
    constants: [
      { dims: [1], data: BigInt64Array.of(4n) },
      { dims: [2], data: Float32Array.of(-1, 2) },
    ],
    opsets: from(11),
  }),
];

const constants: Case[] = [
  one('Add', [[1, 3]], {
    constants: [floats([3])],
    after: [
      { op: 'Constant', inputs: [], outputs: ['k'], attributes: { value: { tensor: floats([1, 3]) } } },
      {
        op: 'ConstantOfShape',
        inputs: ['s'],
        outputs: ['f'],
        attributes: { value: { tensor: { dims: [1], data: Float32Array.of(2) } } },
      },
      { op: 'Mul', inputs: ['k', 'f'], outputs: ['kf'] },
      { op: 'Add', inputs: ['y', 'kf'], outputs: ['z'] },
    ],
    more: { s: ints(1, 3) },
    label: 'Constant, ConstantOfShape',
    opsets: EVERY,
  }),
  one('Add', [[1, 4]], {
    constants: [floats([4])],
    after: [
      { op: 'Constant', inputs: [], outputs: ['a'], attributes: { value_float: { float: 1 } } },
      { op: 'Constant', inputs: [], outputs: ['b'], attributes: { value_float: { float: 2.9 } } },
      { op: 'Constant', inputs: [], outputs: ['d'], attributes: { value_float: { float: 0.5 } } },
      { op: 'Range', inputs: ['a', 'b', 'd'], outputs: ['range'] },
      { op: 'Mul', inputs: ['y', 'range'], outputs: ['z'] },
    ],
    label: 'Range',
    opsets: from(13),
  }),
  one('Identity', [[1, 2, 6]], {
    after: [
      { op: 'Shape', inputs: ['y'], outputs: ['shape'] },
      { op: 'Gather', inputs: ['shape', 'i'], outputs: ['n'] },
      { op: 'Mul', inputs: ['n', 'two'], outputs: ['m'] },
      { op: 'Div', inputs: ['m', 'four'], outputs: ['k'] },
      { op: 'Concat', inputs: ['one', 'k', 'rest'], outputs: ['target'], attributes: { axis: 0 } },
      { op: 'Reshape', inputs: ['y', 'target'], outputs: ['z'] },
    ],
    more: { i: ints(2), two: ints(2), four: ints(4), one: ints(1), rest: ints(-1) },
    label: 'shape arithmetic',
  }),
];

t.test('views', async (t) => checkCases(t, [...views, shuffled]));
t.test('parts', async (t) => checkCases(t, parts));
t.test('constants and shape arithmetic', async (t) => checkCases(t, constants));
