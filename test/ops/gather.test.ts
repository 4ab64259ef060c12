import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import { elements } from '../../src/graph/index.js';
import { readIndex } from '../../src/ops/gather.js';
import { runReference } from '../../src/reference/run.js';
import { trainForward, trainForwardArrays } from '../helpers/forward.js';
import { random, SEED } from '../helpers/random.js';
import { checkGradient } from './families.js';
import { graphOf, int8GraphOf, integers, normals } from './helpers.js';
import { fill, positionOf } from './indices.js';

t.test('an index is whole, from the end where negative, the nearest that is there beyond', async (t) => {
  const values = [0, 2, 3.9, 4, -1, -0.5, -4, -5, Infinity, NaN];
  t.same(
    values.map((value) => readIndex(value, 4)),
    [0, 2, 3, 3, 3, 0, 0, 0, 3, 0],
  );
});

t.test(`gather: by index arithmetic, over each axis (SEED=${SEED})`, async (t) => {
  const r = random();
  for (let rank = 1; rank <= 4; rank++) {
    for (let axis = 0; axis < rank; axis++) {
      const shape = Array.from({ length: rank }, () => r.int(1, 4));
      const from = Array.from({ length: r.int(0, 2) }, () => r.int(1, 4));
      const graph = graphOf({ op: 'gather', inputs: [shape, from], attributes: { axis } });
      const x = normals(r, elements(shape));
      const indices = Float32Array.from(integers(r, elements(from), -shape[axis], shape[axis] - 1));
      const want = fill(graph.tensors.get('y')!.shape, (index) => {
        const at = indices[positionOf(index.slice(axis, axis + from.length), from)];
        const source = [
          ...index.slice(0, axis),
          at < 0 ? at + shape[axis] : at,
          ...index.slice(axis + from.length),
        ];
        return x[positionOf(source, shape)];
      });
      t.same([...runReference(graph, [x, indices])[0]], want);
      t.same([...trainForwardArrays(graph, [x, indices])[0]], want);
    }
  }
});

t.test(`gather_nd: as tfjs, and by index arithmetic (SEED=${SEED})`, async (t) => {
  const r = random();
  for (let i = 0; i < 30; i++) {
    const shape = Array.from({ length: r.int(1, 4) }, () => r.int(1, 4));
    const depth = r.int(1, shape.length);
    const from = [...Array.from({ length: r.int(0, 2) }, () => r.int(1, 3)), depth];
    const graph = graphOf({ op: 'gather_nd', inputs: [shape, from] });
    const x = normals(r, elements(shape));
    const indices = Float32Array.from({ length: elements(from) }, (_, k) => r.int(0, shape[k % depth] - 1));
    const want = fill(graph.tensors.get('y')!.shape, (index) => {
      const lead = index.slice(0, from.length - 1);
      const at = Array.from({ length: depth }, (_, k) => indices[positionOf([...lead, k], from)]);
      return x[positionOf([...at, ...index.slice(from.length - 1)], shape)];
    });
    t.same([...runReference(graph, [x, indices])[0]], want);
    t.same([...trainForwardArrays(graph, [x, indices])[0]], want);
    t.same([...tf.gatherND(tf.tensor(x, shape), tf.tensor(indices, from, 'int32')).dataSync()], want);
  }
});

t.test(`gradients scatter (SEED=${SEED})`, async () => {
  const r = random();
  const graph = graphOf({ op: 'gather', inputs: [[3, 4], [5]], attributes: { axis: 1 } });
  checkGradient(graph, [normals(r, 12), Float32Array.of(0, 3, 3, 1, 3)], r, [0]);
  const nd = graphOf({
    op: 'gather_nd',
    inputs: [
      [3, 4],
      [2, 2],
    ],
  });
  checkGradient(nd, [normals(r, 12), Float32Array.of(0, 1, 2, 1)], r, [0]);
});

t.test('each sample of a batch has indices of its own; a constant table is shared', async (t) => {
  const graph = graphOf({ op: 'gather', inputs: [[3], [2]], attributes: { axis: 0 } });
  const table = tf.tensor([10, 20, 30], [1, 3]);
  const indices = tf.tensor([0, 1, 2, 2], [2, 2]);
  t.same(trainForward(graph, [table, indices]).get('y')!.arraySync(), [
    [10, 20],
    [30, 30],
  ]);
  const tables = tf.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
  t.same(trainForward(graph, [tables, indices]).get('y')!.arraySync(), [
    [1, 2],
    [6, 6],
  ]);
});

t.test('int8 tables, and what is refused', async (t) => {
  const q = { scale: 0.5, zeroPoint: 3 };
  const graph = graphOf({ op: 'gather', inputs: [[3], [2]], attributes: { axis: 0 } });
  graph.tensors.set('x0', { name: 'x0', shape: [3], dtype: 'i8', quantization: q });
  graph.tensors.set('y', { name: 'y', shape: [2], dtype: 'i8', quantization: q });
  t.same([...runReference(graph, [Int8Array.of(1, 2, 3), Float32Array.of(-1, 0)])[0]], [3, 1]);
  const inputQuantization = [q, q];
  t.throws(
    () =>
      int8GraphOf({
        op: 'gather',
        inputs: [[3], [2]],
        attributes: { axis: 0 },
        inputQuantization,
        outputQuantization: q,
      }),
    { message: /dtypes: expected f32,f32 -> f32 or i8,f32 -> i8, got i8, i8 -> i8/ },
  );
  t.throws(() => graphOf({ op: 'gather', inputs: [[3], [2]], attributes: { axis: 1 } }), {
    message: /axis: expected one below the input's rank 1, got 1/,
  });
  t.throws(() => graphOf({ op: 'gather_nd', inputs: [[3], [2]] }), {
    message: /indices: expected \[.., at most 1\] for x \[3\], got \[2\]/,
  });
});
