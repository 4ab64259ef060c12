/** What row-major operators refuse: one broken file each. */
import t from 'tap';
import { writeLop } from '../../src/format/index.js';
import { elements, type Node, type Tensor, type Weight } from '../../src/graph/graph.js';
import { Runtime } from './harness.js';
import { plainWeight } from './models.js';

const CODES = {
  DTYPE: 9,
  INDEX: 8,
  RANK: 10,
  ATTRIBUTE: 16,
  ROLE: 17,
  SHAPE: 21,
  COUNT: 25,
  BUILD: 29,
} as const;

interface Parts {
  inputs?: number[][];
  y?: number[];
  weights?: Record<string, Weight>;
}

function entry(name: string, shape: number[]): [string, Tensor] {
  return [name, { name, shape, dtype: 'f32' }];
}

/** A file of one node, f32, whose parts need not fit. */
function one(op: string, attributes: Node['attributes'], parts: Parts = {}): Uint8Array {
  const { inputs = [[4, 6]], y = [4, 6], weights = {} } = parts;
  const names = inputs.map((_, i) => `x${i}`);
  const roles = Object.keys(weights);
  return writeLop({
    inputs: ['image', ...names],
    outputs: ['y'],
    tensors: new Map([
      entry('image', [1]),
      ...inputs.map((shape, i) => entry(names[i], shape)),
      entry('y', y),
    ]),
    weights: new Map(roles.map((role) => [role, { ...weights[role], name: role }])),
    nodes: [
      {
        name: 'node',
        op,
        inputs: names,
        outputs: ['y'],
        attributes,
        weights: Object.fromEntries(roles.map((role) => [role, role])),
      },
    ],
    metadata: {},
  });
}

const floats = (...shape: number[]): Weight =>
  plainWeight(shape, new Float32Array(elements(shape)).fill(0.5));
const whole = (...values: number[]): Weight => plainWeight([values.length], Int32Array.from(values), 'i32');
const lines = { lower: whole(0, 1), upper: whole(1, 2), fraction: floats(2) };
const cell = (gates: number): Record<string, Weight> => ({
  kernel: floats(gates * 6, 6),
  recurrent: floats(gates * 6, 6),
});
const two = (...inputs: number[][]): Parts => ({ inputs });

const BROKEN: [keyof typeof CODES, string, Uint8Array][] = [
  ['ATTRIBUTE', 'a view past its input', one('view', { dims: [24], strides: [1], offset: 1 })],
  ['ATTRIBUTE', 'a view before its input', one('view', { dims: [24], strides: [-1], offset: 22 })],
  [
    'ATTRIBUTE',
    'a view whose sum passes 2^32',
    one('view', { dims: [2, 12], strides: [2147483647, 2147483647] }),
  ],
  ['SHAPE', 'a view of another size', one('view', { dims: [23], strides: [1] })],
  ['SHAPE', 'a view of nothing', one('view', { dims: [0, 24], strides: [1, 1] })],
  ['SHAPE', 'a view of a negative size', one('view', { dims: [-1, -24], strides: [1, 1] })],
  ['ATTRIBUTE', 'nine dims', one('view', { dims: [24, ...Array(8).fill(1)], strides: Array(9).fill(1) })],
  ['ATTRIBUTE', 'strides for other dims', one('view', { dims: [24], strides: [1, 1] })],
  ['ATTRIBUTE', 'a view without strides', one('view', { dims: [24] })],
  ['SHAPE', 'a sum of shapes that do not fit', one('add', {}, two([4, 6], [5]))],
  ['SHAPE', 'a sum whose output is smaller', one('add', {}, { ...two([4, 6], [6]), y: [1, 6] })],
  ['SHAPE', 'an output that no input stretches to', one('mul', {}, two([4, 1], [1, 1]))],
  ['COUNT', 'a sum of one', one('add', {})],
  ['COUNT', 'a function of one with two inputs', one('tanh', {}, two([4, 6], [6]))],
  ['COUNT', 'nothing joined', one('concat', { axis: 0 }, two())],
  ['SHAPE', 'a slope that is larger', one('prelu', {}, two([6], [4, 6]))],
  ['ATTRIBUTE', 'no alpha', one('leaky_relu', {})],
  ['ATTRIBUTE', 'a gelu of the future', one('gelu', { approximate: 'roughly' })],
  ['DTYPE', 'a lookup of f32', one('lookup', {}, { weights: { table: floats(256) } })],
  ['SHAPE', 'joined parts that are more', one('concat', { axis: 0 }, two([4, 6], [1, 6]))],
  ['ATTRIBUTE', 'joined along an axis that is not there', one('concat', { axis: 2 })],
  ['SHAPE', 'pads of another sum', one('pad', { pads: [1, 0, 0, 0] })],
  ['SHAPE', 'negative pads', one('pad', { pads: [-1, 0, 1, 0] })],
  ['ATTRIBUTE', 'pads for one axis', one('pad', { pads: [0, 0] })],
  ['ATTRIBUTE', 'pads by reflection', one('pad', { pads: [0, 0, 0, 0], mode: 'reflect' })],
  ['ROLE', 'a constant of nothing', one('constant', {}, two())],
  ['SHAPE', 'a constant of another size', one('constant', {}, { ...two(), weights: { value: floats(23) } })],
  ['DTYPE', 'a whole constant', one('constant', {}, { ...two(), y: [2], weights: { value: whole(1, 2) } })],
  ['SHAPE', 'gathered by other indices', one('gather', { axis: 0 }, two([4, 6], [3]))],
  ['ATTRIBUTE', 'gathered along no axis', one('gather', {}, two([4, 6], [4]))],
  ['SHAPE', 'more indices than axes', one('gather_nd', {}, { ...two([4, 6], [4, 3]), y: [4] })],
  [
    'INDEX',
    'interpolated past the end',
    one('interpolate', { axis: 0 }, { y: [2, 6], weights: { ...lines, upper: whole(1, 4) } }),
  ],
  [
    'INDEX',
    'interpolated before the start',
    one('interpolate', { axis: 0 }, { y: [2, 6], weights: { ...lines, lower: whole(-1, 0) } }),
  ],
  ['SHAPE', 'interpolated to another size', one('interpolate', { axis: 0 }, { y: [3, 6], weights: lines })],
  ['SHAPE', 'matrices that do not fit', one('matmul', {}, two([4, 5], [6, 6]))],
  ['RANK', 'a product with a vector', one('matmul', {}, two([4, 6], [6]))],
  ['ATTRIBUTE', 'transposed twice', one('matmul', { transpose_a: 2 }, two([4, 6], [6, 6]))],
  [
    'ATTRIBUTE',
    'axes that are no neighbours',
    one('reduce_sum', { axes: [0, 2] }, { ...two([4, 6, 2]), y: [6] }),
  ],
  ['ATTRIBUTE', 'axes past the last', one('reduce_sum', { axes: [1, 2] }, { y: [4] })],
  ['ATTRIBUTE', 'a negative axis', one('reduce_sum', { axes: [-1] }, { y: [4] })],
  ['ATTRIBUTE', 'no axes', one('reduce_max', { axes: [] })],
  ['SHAPE', 'a reduction that keeps its axis', one('argmax', { axis: 1 }, { y: [4, 1] })],
  ['SHAPE', 'a gamma of another size', one('layer_norm', {}, { weights: { gamma: floats(4) } })],
  ['SHAPE', 'a kernel of other gates', one('lstm', {}, { weights: { ...cell(4), kernel: floats(18, 6) } })],
  ['ROLE', 'no recurrent kernel', one('gru', {}, { weights: { kernel: floats(18, 6) } })],
  ['ROLE', "an lstm's state", one('gru', {}, { weights: { ...cell(3), initial_c: floats(6) } })],
  ['ATTRIBUTE', 'other gates', one('lstm', { recurrent_activation: 'tanh' }, { weights: cell(4) })],
];

t.test('each broken file is refused by its code, and a good one runs afterwards', async (t) => {
  const runtime = new Runtime('simd128-all');
  const good = one('lstm', {}, { weights: cell(4) });
  for (const [name, what, file] of BROKEN) {
    t.equal(runtime.load(file), CODES[name], `${name}: ${what}`);
    t.equal(runtime.error().place, 0, 'blamed on the node');
    t.equal(runtime.load(good), 0);
    runtime.exports.run(0, -1);
  }
});

t.test('smaller builds say `build` of operators that they lack', async (t) => {
  for (const op of ['erf', 'pow', 'lstm', 'an operator of the future']) {
    t.equal(new Runtime('simd128').load(one(op, {})), CODES.BUILD, op);
    t.equal(new Runtime('simd128-full').load(one(op, {})), CODES.BUILD, op);
  }
  t.equal(new Runtime('simd128').load(one('add', {}, two([4, 6], [6]))), CODES.BUILD, 'a sum that stretches');
  t.equal(new Runtime('simd128-full').load(one('', {})), CODES.BUILD, 'an operator of no name');
});
