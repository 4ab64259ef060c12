import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { trainForward } from '../helpers/forward.js';
import { random, SEED } from '../helpers/random.js';
import { checkGradient, compareForwards } from './families.js';
import { graphOf, inputsOf, int8GraphOf } from './helpers.js';
import { fill, positionOf } from './indices.js';

const op = 'concat';

t.test(`along each axis, by index arithmetic (SEED=${SEED})`, async (t) => {
  const r = random();
  for (let rank = 1; rank <= 6; rank++) {
    for (let axis = 0; axis < rank; axis++) {
      const shape = Array.from({ length: rank }, () => r.int(1, 3));
      const inputs = Array.from({ length: r.int(1, 4) }, () => shape.with(axis, r.int(1, 3)));
      const graph = graphOf({ op, inputs, attributes: { axis } });
      const values = inputsOf(graph, r) as Float32Array[];
      const want = fill(graph.tensors.get('y')!.shape, (index) => {
        let i = 0;
        let at = index[axis];
        while (at >= inputs[i][axis]) at -= inputs[i++][axis];
        return values[i][positionOf(index.with(axis, at), inputs[i])];
      });
      // tfjs stops at rank 6, batch included.
      const y = rank < 6 ? compareForwards(graph, values, () => 0) : runReference(graph, values)[0];
      t.same([...y], want);
      if (rank < 4) checkGradient(graph, values, r);
    }
  }
});

t.test('what has a batch of 1 is repeated for each sample', async (t) => {
  const graph = graphOf({ op, inputs: [[1], [1]], attributes: { axis: 0 } });
  const y = trainForward(graph, [tf.tensor([1, 2], [2, 1]), tf.tensor([9], [1, 1])]).get('y')!;
  t.same(y.arraySync(), [
    [1, 9],
    [2, 9],
  ]);
});

t.test('int8', async (t) => {
  const q = { scale: 0.5, zeroPoint: 3 };
  const spec = { op, inputs: [[2], [1]], attributes: { axis: 0 }, outputQuantization: q };
  const graph = int8GraphOf({ ...spec, inputQuantization: [q, q] });
  t.same([...runReference(graph, [Int8Array.of(1, 2), Int8Array.of(-3)])[0]], [1, 2, -3]);
  const other = { scale: 0.25, zeroPoint: 3 };
  t.throws(() => int8GraphOf({ ...spec, inputQuantization: [q, other] }), {
    message: /expected its input's scale and zero point, 0.25 and 3, got 0.5 and 3/,
  });
});

t.test('what is refused', async (t) => {
  const refused = (inputs: number[][], axis: number, message: RegExp): void => {
    t.throws(() => graphOf({ op, inputs, attributes: { axis } }), { name: 'RangeError', message });
  };
  refused(
    [
      [2, 3],
      [3, 3],
    ],
    1,
    /expected shapes like \[2,3\] but for axis 1, got \[3,3\]/,
  );
  refused([[2], [2, 1]], 0, /expected shapes like \[2\] but for axis 0, got \[2,1\]/);
  refused([[2]], 1, /axis: expected one below the input's rank 1, got 1/);
  refused([], 0, /inputs: expected 1 to 255, got 0/);
});
