import { writeLop } from '../../../src/format/index.js';
import { elements, type Attribute, type Graph, type Tensor, type Weight } from '../../../src/graph/graph.js';
import { binary } from '../../../src/ops/binary.js';
import { unary } from '../../../src/ops/unary.js';
import { graphOf, oneNode, plainWeight, tensor, type NodePlan } from '../../assembly/models.js';
import { random, type Random } from '../../helpers/random.js';

/** Small valid files that together hold every operator of files, the linear ones aside. */
export function operatorFiles(): Uint8Array[] {
  const r = random(12);
  return [
    moves('f32', r),
    moves('i8', r),
    elementwise(r),
    ...['add', 'sub', 'mul', 'min', 'max'].map((op) => int8Binary(op, r)),
    looking(r),
    pooling(r),
    reducing(r),
    sampling(r),
    attention(r),
    ...['lstm', 'gru', 'simple_rnn'].map((op) => recurrent(op, r)),
    manyAxes(r),
  ].map((graph) => writeLop(graph));
}

type Output = Omit<Tensor, 'shape' | 'name'>;

function step(
  name: string,
  op: string,
  inputs: string[],
  attributes: Record<string, Attribute> = {},
): NodePlan {
  return { name, op, inputs, attributes };
}

function viewed(name: string, from: string, shape: number[], strides: number[], offset = 0): NodePlan {
  return { ...step(name, 'view', [from], { dims: shape, strides, offset }), shape };
}

function floats(shape: number[], r: Random): Weight {
  return plainWeight(
    shape,
    Float32Array.from({ length: elements(shape) }, () => Math.fround(r.normal() / 4)),
  );
}

function bytes(shape: number[], r: Random): Weight {
  return plainWeight(
    shape,
    Int8Array.from({ length: elements(shape) }, () => r.int(-128, 127)),
    'i8',
  );
}

/** constant, view, concat, pad, reshape, gather: what only moves numbers. */
function moves(dtype: 'f32' | 'i8', r: Random): Graph {
  const x = tensor('x', [3, 4, 2], dtype, r);
  const output: Output = { dtype, quantization: x.quantization };
  const value = dtype === 'f32' ? floats([2, 3, 2], r) : bytes([2, 3, 2], r);
  const plans = [
    { ...step('c', 'constant', []), weights: { value } },
    viewed('v', 'x', [4, 3, 2], [2, 8, 1]),
    viewed('back', 'x', [2, 3, 2], [-2, 8, 1], 6),
    step('joined', 'concat', ['v', 'c', 'back'], { axis: 0 }),
    step('wider', 'pad', ['joined'], { pads: [1, 0, 0, 0, 2, 1], value: 1 }),
    step('row', 'gather', ['wider', 'at'], { axis: 0 }),
    { ...step('flat', 'reshape', ['row']), shape: [45] },
  ];
  return graphOf(
    [x, tensor('at', [3], 'f32', r)],
    plans.map((plan) => ({ ...plan, output })),
  );
}

const UNARY = ['relu', 'relu6', ...unary.map(({ name }) => name)];
/** Of those that have no defaults. */
const ATTRIBUTES: Record<string, Record<string, number>> = {
  leaky_relu: { alpha: 0.25 },
  elu: { alpha: 1 },
  clip: { min: -0.5, max: 1 },
};
const BINARY = binary.map(({ name }) => name);

/** Functions of one, two and three numbers on f32, with broadcasting. */
function elementwise(r: Random): Graph {
  const ones = UNARY.map((op, i) => step(`u${i}`, op, [i > 0 ? `u${i - 1}` : 'x'], ATTRIBUTES[op]));
  const others = ['x', 'channels', 'one', 'rows'];
  const twos = BINARY.map((op, i) =>
    step(`b${i}`, op, [i > 0 ? `b${i - 1}` : `u${UNARY.length - 1}`, others[i % others.length]]),
  );
  const last = `b${BINARY.length - 1}`;
  return graphOf(
    [tensor('x', [3, 2, 5], 'f32', r), tensor('one', [], 'f32', r), tensor('rows', [2, 1], 'f32', r)],
    [
      { ...step('channels', 'constant', []), weights: { value: floats([5], r) } },
      ...ones,
      ...twos,
      step('choice', 'where', [last, 'channels', 'one']),
      step('sloped', 'prelu', ['choice', 'channels']),
    ],
  );
}

function int8Binary(op: string, r: Random): Graph {
  const [a, b] = [
    tensor('a', [2, 3, 5], 'i8', r),
    tensor('b', r.pick([[5], [3, 1], [2, 3, 5]]), 'i8', r, 0.05),
  ];
  const ordered = op === 'min' || op === 'max';
  if (ordered) b.quantization = a.quantization;
  const { dtype, quantization } = ordered ? a : tensor('', [], 'i8', r, 0.08);
  return oneNode(op, [a, b], {}, {}, { dtype, quantization });
}

/** quantize, lookup, dequantize. */
function looking(r: Random): Graph {
  const i8 = (): Output => ({ dtype: 'i8', quantization: tensor('', [], 'i8', r).quantization });
  return graphOf(
    [tensor('x', [21], 'f32', r)],
    [
      { ...step('q', 'quantize', ['x']), output: i8() },
      { ...step('l', 'lookup', ['q']), weights: { table: bytes([256], r) }, output: i8() },
      step('y', 'dequantize', ['l']),
    ],
  );
}

/** avg_pool2d, global_max_pool2d. */
function pooling(r: Random): Graph {
  const window = { size: [2, 3], strides: [1, 2], pads: [1, 0, 0, 1] };
  return graphOf(
    [tensor('x', [4, 5, 3], 'f32', r)],
    [step('mean', 'avg_pool2d', ['x'], window), step('most', 'global_max_pool2d', ['mean'])],
  );
}

/** reduce_*, argmax, layer_norm. */
function reducing(r: Random): Graph {
  return graphOf(
    [tensor('x', [3, 4, 5], 'f32', r)],
    [
      { ...step('n', 'layer_norm', ['x']), weights: { gamma: floats([5], r), beta: floats([5], r) } },
      step('sum', 'reduce_sum', ['n'], { axes: [0], keepdims: 1 }),
      step('mean', 'reduce_mean', ['sum'], { axes: [1, 2], keepdims: 0 }),
      step('most', 'reduce_max', ['n'], { axes: [2], keepdims: 0 }),
      step('least', 'reduce_min', ['n'], { axes: [0, 1], keepdims: 1 }),
      step('product', 'reduce_prod', ['most'], { axes: [1], keepdims: 0 }),
      step('largest', 'argmax', ['n'], { axis: 1, keepdims: 0 }),
      step('smallest', 'argmin', ['n'], { axis: 2, keepdims: 1 }),
    ],
  );
}

/** interpolate, gather_nd. */
function sampling(r: Random): Graph {
  const indices = (): Weight =>
    plainWeight(
      [7],
      Int32Array.from({ length: 7 }, () => r.int(0, 3)),
      'i32',
    );
  const weights = { lower: indices(), upper: indices(), fraction: floats([7], r) };
  return graphOf(
    [tensor('x', [4, 3, 2], 'f32', r), tensor('at', [5, 2], 'f32', r)],
    [
      { ...step('bigger', 'interpolate', ['x'], { axis: 0 }), weights },
      step('picked', 'gather_nd', ['bigger', 'at']),
    ],
  );
}

/** matmul, softmax. */
function attention(r: Random): Graph {
  return graphOf(
    [tensor('q', [2, 3, 4], 'f32', r), tensor('k', [2, 5, 4], 'f32', r)],
    [
      step('scores', 'matmul', ['q', 'k'], { transpose_a: 0, transpose_b: 1 }),
      step('weights', 'softmax', ['scores']),
      step('y', 'matmul', ['weights', 'k'], { transpose_a: 0, transpose_b: 0 }),
    ],
  );
}

const GATES: Record<string, number> = { lstm: 4, gru: 3, simple_rnn: 1 };

function recurrent(op: string, r: Random): Graph {
  const rows = 3 * GATES[op];
  const weights: Record<string, Weight> = {
    kernel: floats([rows, 2], r),
    recurrent: floats([rows, 3], r),
    bias: floats([rows], r),
    initial_h: floats([3], r),
  };
  if (op === 'lstm') weights.initial_c = floats([3], r);
  if (op === 'gru') weights.recurrent_bias = floats([rows], r);
  return graphOf([tensor('x', [4, 2], 'f32', r)], [{ ...step('y', op, ['x'], { reverse: 1 }), weights }]);
}

/** Tensors of rank 5 and 6. */
function manyAxes(r: Random): Graph {
  return graphOf(
    [tensor('x', [2, 1, 3, 2, 2, 2], 'f32', r), tensor('b', [3, 2, 1, 2], 'f32', r)],
    [
      step('sum', 'add', ['x', 'b']),
      step('most', 'reduce_max', ['sum'], { axes: [3], keepdims: 0 }),
      step('wider', 'pad', ['sum'], { pads: [0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0], value: 0 }),
      viewed('turned', 'most', [2, 2, 3, 1, 2], [1, 2, 4, 12, 12]),
    ],
  );
}
