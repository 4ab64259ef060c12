/** Operators on single numbers beside convolutions, which lie in planes, and beside others, which do not. */
import t, { type Test } from 'tap';
import type { Graph, Tensor } from '../../src/graph/graph.js';
import { random, type Random } from '../helpers/random.js';
import { compareWithReference } from './compare.js';
import { graphOf, linearOutput, linearWeights, plainWeight, tensor, type NodePlan } from './models.js';

type Kind = 'f32' | 'i8';

/** Sums of both sides may differ in the order of their terms; everything here is of the size of 1 to 100. */
const SLACK = 2 ** -12;

function compare(t: Test, what: string, graph: Graph, r: Random): void {
  const bounds = graph.outputs.map((name) => {
    const { dtype, shape } = graph.tensors.get(name)!;
    return new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(dtype === 'f32' ? SLACK : 0);
  });
  compareWithReference(t, what, graph, r, bounds);
}

/** A convolution of `channels` to `outputs` channels. */
function conv(name: string, input: string, x: Tensor, outputs: number, r: Random): NodePlan {
  const { dtype } = x;
  const kernel = [outputs, 3, 3, x.shape[2]];
  const weights = linearWeights({ dtype: dtype as Kind, kernel }, r);
  const scaled = dtype === 'f32' ? { ...weights, kernel: small(weights.kernel) } : weights;
  const attributes = { pads: [1, 1, 1, 1] };
  return {
    name,
    op: 'conv2d',
    inputs: [input],
    attributes,
    weights: scaled,
    output: linearOutput(x, 9 * x.shape[2], r),
  };
}

function small(weight: ReturnType<typeof plainWeight>): ReturnType<typeof plainWeight> {
  return { ...weight, data: Float32Array.from(weight.data, (v) => v / 8) };
}

function as(name: string, shape: number[], like: NodePlan): Tensor {
  return { name, shape, ...(like.output ?? { dtype: 'f32' as const }) };
}

/** The node between the convolutions. */
function between(op: string, more: Partial<NodePlan> = {}): NodePlan {
  return { name: 'y', op, inputs: ['c'], ...more };
}

for (const [height, width, channels] of [
  [5, 7, 6],
  [8, 8, 5],
  [1, 1, 4],
  [6, 3, 1],
]) {
  const shape = [height, width, channels];
  t.test(`[${shape}], f32`, async (t) => {
    const r = random();
    const x = tensor('x', shape, 'f32', r);
    const first = conv('c', 'x', x, channels, r);
    const after = conv('z', 'y', as('y', shape, first), 3, r);
    compare(t, 'hard_swish', graphOf([x], [first, between('hard_swish'), after]), r);
    compare(t, 'two ways', graphOf([x], [first, between('mul', { inputs: ['c', 'x'] }), after]), r);
    const v = tensor('v', [1, 1, channels], 'f32', r);
    compare(t, 'by channels', graphOf([x, v], [first, between('mul', { inputs: ['c', 'v'] }), after]), r);
    compare(
      t,
      'by channels, first',
      graphOf([x, v], [first, between('sub', { inputs: ['v', 'c'] }), after]),
      r,
    );
    const p = tensor('p', [height, width, 1], 'f32', r);
    compare(t, 'by pixels', graphOf([x, p], [first, between('mul', { inputs: ['c', 'p'] }), after]), r);
    const q = tensor('q', [width, channels], 'f32', r);
    compare(t, 'by a row', graphOf([x, q], [first, between('mul', { inputs: ['c', 'q'] }), after]), r);
    const s = tensor('s', [], 'f32', r);
    compare(t, 'by one', graphOf([x, s], [first, between('max', { inputs: ['s', 'c'] }), after]), r);
    const value = plainWeight(
      shape,
      Float32Array.from({ length: height * width * channels }, () => r.normal()),
    );
    const constant: NodePlan = { name: 'k', op: 'constant', inputs: [], weights: { value } };
    compare(
      t,
      'a constant',
      graphOf([x], [first, constant, between('add', { inputs: ['c', 'k'] }), after]),
      r,
    );
    const joined = conv('z', 'y', { ...x, shape: [height, width, 2 * channels] }, 3, r);
    const concat = between('concat', { inputs: ['c', 'x'], attributes: { axis: 2 } });
    compare(t, 'concat', graphOf([x], [first, concat, joined]), r);
    const rows = conv('z', 'y', { ...x, shape: [2 * height, width, channels] }, 3, r);
    compare(t, 'concat of rows', graphOf([x], [first, { ...concat, attributes: { axis: 0 } }, rows]), r);
    const turned: NodePlan = between('view', {
      attributes: { dims: [width, height, channels], strides: [channels, width * channels, 1] },
      shape: [width, height, channels],
    });
    compare(
      t,
      'transpose',
      graphOf([x], [first, turned, conv('z', 'y', { ...x, shape: [width, height, channels] }, 2, r)]),
      r,
    );
    compare(t, 'softmax', graphOf([x], [first, between('softmax'), after]), r);
    const where = between('where', { inputs: ['c', 'x', 's'] });
    compare(t, 'where', graphOf([x, s], [first, where, after]), r);
  });

  t.test(`[${shape}], int8`, async (t) => {
    const r = random();
    const x = tensor('x', shape, 'i8', r);
    const first = conv('c', 'x', x, channels, r);
    const like = first.output!;
    const other = (): Omit<Tensor, 'name' | 'shape'> => {
      const { dtype, quantization } = tensor('y', [], 'i8', r, like.quantization!.scale);
      return { dtype, quantization };
    };
    const one = (op: string, more: Partial<NodePlan> = {}): NodePlan => ({
      name: 'y',
      op,
      inputs: ['c'],
      output: like,
      ...more,
    });
    const then = (plan: NodePlan, dims = shape, inputs: Tensor[] = []): Graph =>
      graphOf([x, ...inputs], [first, plan, conv('z', 'y', as('y', dims, plan), 3, r)]);
    const table = plainWeight(
      [256],
      Int8Array.from({ length: 256 }, () => r.int(-128, 127)),
      'i8',
    );
    compare(t, 'lookup', then(one('lookup', { weights: { table }, output: other() })), r);
    compare(t, 'relu', then(one('relu')), r);
    const v = tensor('v', [channels], 'i8', r);
    compare(t, 'by channels', then(one('mul', { inputs: ['c', 'v'] }), shape, [v]), r);
    compare(
      t,
      'by channels, first',
      then(one('sub', { inputs: ['v', 'c'], output: other() }), shape, [v]),
      r,
    );
    const s = tensor('s', [], 'i8', r);
    compare(t, 'by one', then(one('add', { inputs: ['c', 's'] }), shape, [s]), r);
    const p = tensor('p', [height, width, 1], 'i8', r);
    compare(t, 'by pixels', then(one('mul', { inputs: ['p', 'c'] }), shape, [p]), r);
    const w = { ...tensor('w', shape, 'i8', r), ...like };
    compare(t, 'min', then(one('min', { inputs: ['w', 'c'] }), shape, [w]), r);
    compare(
      t,
      'concat',
      then(
        one('concat', { inputs: ['c', 'w'], attributes: { axis: 2 } }),
        [height, width, 2 * channels],
        [w],
      ),
      r,
    );
    const pads = [1, 0, 0, 2, 1, 0];
    compare(t, 'pad', then(one('pad', { attributes: { pads } }), [height + 3, width + 1, channels], []), r);
    const dequantize: NodePlan = { name: 'd', op: 'dequantize', inputs: ['c'] };
    const quantize: NodePlan = { name: 'y', op: 'quantize', inputs: ['e'], output: other() };
    for (const op of ['relu', 'neg']) {
      const middle: NodePlan = { name: 'e', op, inputs: ['d'] };
      const plans = [first, dequantize, middle, quantize, conv('z', 'y', as('y', shape, quantize), 3, r)];
      compare(t, `f32 ${op} between`, graphOf([x], plans), r);
    }
    const floats = conv('z', 'd', { name: 'd', shape, dtype: 'f32' }, 2, r);
    compare(t, 'an f32 convolution behind', graphOf([x], [first, dequantize, floats]), r);
    const view = one('view', {
      attributes: { dims: [height * width * channels], strides: [-1], offset: height * width * channels - 1 },
      shape,
    });
    const away: NodePlan = { name: 'd', op: 'dequantize', inputs: ['y'] };
    compare(t, 'a view, then f32 planes', graphOf([x], [first, view, away, floats]), r);
    compare(
      t,
      'a view, then f32 rows',
      graphOf([x], [first, view, away, { name: 'n', op: 'neg', inputs: ['d'] }]),
      r,
    );
  });
}
