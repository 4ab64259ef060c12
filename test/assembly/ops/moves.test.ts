/** What only moves numbers: constant, view, concat, pad. */
import t from 'tap';
import { elements, type Tensor } from '../../../src/graph/graph.js';
import { random, type Random } from '../../helpers/random.js';
import { compareWithReference } from '../compare.js';
import { graphOf, plainWeight, tensor } from '../models.js';

type Kind = 'f32' | 'i8';

function kept({ dtype, quantization }: Tensor): Omit<Tensor, 'shape' | 'name'> {
  return { dtype, quantization };
}

for (const dtype of ['i8', 'f32'] as Kind[]) {
  t.test(`view, ${dtype}`, async (t) => {
    const r = random();
    const view = (what: string, shape: number[], dims: number[], strides: number[], offset = 0): void => {
      const x = tensor('x', shape, dtype, r);
      const attributes = { dims, strides, offset };
      const graph = graphOf([x], [{ name: 'y', op: 'view', inputs: ['x'], attributes, output: kept(x) }]);
      compareWithReference(t, what, graph, r);
    };
    view('one number', [], [], []);
    view('a copy', [7, 9, 3], [7, 9, 3], [27, 3, 1]);
    view('transposed', [5, 7], [7, 5], [1, 7]);
    view('reversed', [23], [23], [-1], 22);
    view('stretched', [3], [4, 3, 5], [0, 1, 0]);
    view('a part', [6, 8, 4], [2, 3, 2], [64, 8, 1], 33);
    view('depth to space', [3, 4, 8], [3, 2, 4, 2, 2], [32, 4, 8, 2, 1]);
    view('eight dims', [2, 2, 2, 2, 3, 2], [2, 2, 2, 2, 3, 2, 2, 1], [1, 2, 6, 10, 2, 24, 48, 5]);
    for (let i = 0; i < 10; i++) {
      const dims = Array.from({ length: r.int(1, 5) }, () => r.int(1, 5));
      const strides = dims.map(() => r.int(-3, 4));
      const reach = dims.map((dim, k) => (dim - 1) * strides[k]);
      const least = reach.reduce((sum, at) => sum + Math.min(0, at), 0);
      const most = reach.reduce((sum, at) => sum + Math.max(0, at), 0);
      view(`[${dims}] by [${strides}]`, [most - least + 1], dims, strides, 0 - least);
    }
  });

  t.test(`concat, ${dtype}`, async (t) => {
    const r = random();
    const join = (shapes: number[][], axis: number): void => {
      const first = tensor('x0', shapes[0], dtype, r);
      const inputs = shapes.map((shape, i) => ({ ...first, name: `x${i}`, shape }));
      const plan = { name: 'y', op: 'concat', inputs: inputs.map(({ name }) => name), attributes: { axis } };
      compareWithReference(t, JSON.stringify(shapes), graphOf(inputs, [{ ...plan, output: kept(first) }]), r);
    };
    join([[5]], 0);
    join([[5], [1], [17]], 0);
    join(
      [
        [4, 3],
        [4, 16],
        [4, 1],
      ],
      1,
    );
    join(
      [
        [2, 3, 4],
        [2, 5, 4],
      ],
      1,
    );
    join(
      [
        [1, 2, 1, 2, 3, 2],
        [1, 2, 4, 2, 3, 2],
      ],
      2,
    );
  });

  t.test(`pad, ${dtype}`, async (t) => {
    const r = random();
    const pad = (shape: number[], pads: number[], value: number): void => {
      const x = tensor('x', shape, dtype, r);
      const plan = { name: 'y', op: 'pad', inputs: ['x'], attributes: { pads, value } };
      compareWithReference(t, `[${shape}] [${pads}]`, graphOf([x], [{ ...plan, output: kept(x) }]), r);
    };
    pad([1], [0, 0], 1);
    pad([5], [3, 20], -1);
    pad([4, 3], [1, 0, 0, 2], Math.fround(0.3));
    pad([5, 6, 3], [1, 2, 0, 3, 1, 2], 100);
    pad([4, 5, 1], [1, 0, 2, 0, 1, 1], 2); // one channel gets others
    pad([4, 5, 1], [1, 2, 0, 0, 1, 0], 2);
    pad([3, 1], [0, 0, 0, 1], -1);
    pad([2, 1, 1], [0, 1, 0, 0, 0, 0], 1); // single numbers, apart in the output
    pad([1, 2, 1, 2, 3, 2], [1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1], 0);
  });

  t.test(`constant, ${dtype}`, async (t) => {
    const r = random();
    for (const shape of [[], [1], [5, 3], [2, 2, 1, 2, 3, 2]]) {
      const y = tensor('c', shape, dtype, r);
      const graph = graphOf([tensor('x', shape, dtype, r)], [constant(y, r)]);
      compareWithReference(t, `[${shape}]`, graph, r);
    }
  });
}

function constant(y: Tensor, r: Random): Parameters<typeof graphOf>[1][0] {
  const data = Array.from({ length: elements(y.shape) }, () => r.int(-100, 100));
  const value =
    y.dtype === 'i8'
      ? plainWeight(y.shape, Int8Array.from(data), 'i8')
      : plainWeight(
          y.shape,
          Float32Array.from(data, (v) => v / 64),
        );
  return { name: y.name, op: 'constant', inputs: [], weights: { value }, output: kept(y) };
}

t.test('constants among the inputs, of one shape and stretched, in a batch', async (t) => {
  const r = random();
  const x = tensor('x', [4, 5, 6], 'f32', r);
  const graph = graphOf(
    [x],
    [
      constant(tensor('one', [], 'f32', r), r),
      constant(tensor('channels', [6], 'f32', r), r),
      constant(tensor('all', [4, 5, 6], 'f32', r), r),
      { name: 'a', op: 'add', inputs: ['x', 'one'] },
      { name: 'b', op: 'mul', inputs: ['a', 'channels'] },
      { name: 'c', op: 'sub', inputs: ['all', 'b'] },
      { name: 'd', op: 'relu', inputs: ['all'] },
      { name: 'e', op: 'concat', inputs: ['c', 'd', 'all'], attributes: { axis: 0 } },
      { name: 'f', op: 'reshape', inputs: ['all'], shape: [120] },
    ],
  );
  compareWithReference(t, 'a chain', graph, r, [new Float64Array(360), new Float64Array(120)]);
});
