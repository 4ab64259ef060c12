import t from 'tap';
import { argReductions, reductions } from '../../src/ops/reduce.js';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';
import { apart, checkGradient, compareForwards, functionBound } from './families.js';
import { graphOf, inputsOf } from './helpers.js';
import { fill, indicesOf, positionOf } from './indices.js';

/** Of the values in double. */
const FOLDS: Record<string, (values: number[]) => number> = {
  reduce_sum: (values) => values.reduce((a, b) => a + b, 0),
  reduce_mean: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  reduce_max: (values) => Math.max(...values),
  reduce_min: (values) => Math.min(...values),
  reduce_prod: (values) => values.reduce((a, b) => a * b, 1),
};

t.test('every reduction stands in this table', async (t) => {
  t.same(
    reductions.map(({ name }) => name),
    Object.keys(FOLDS),
  );
});

for (const [op, fold] of Object.entries(FOLDS)) {
  t.test(`${op}: any axes, by index arithmetic, as the training forward (SEED=${SEED})`, async (t) => {
    const r = random();
    for (let i = 0; i < 60; i++) {
      const shape = Array.from({ length: r.int(1, i < 50 ? 5 : 6) }, () => r.int(1, 4));
      const axes = shape.map((_, axis) => axis).filter(() => r.next() < 0.5);
      if (axes.length === 0) axes.push(r.int(0, shape.length - 1));
      if (r.next() < 0.3) axes.reverse();
      const keepdims = r.int(0, 1);
      const graph = graphOf({ op, inputs: [shape], attributes: { axes, keepdims } });
      const inputs = inputsOf(graph, r) as Float32Array[];
      const [y] = runReference(graph, inputs);
      const kept = shape.filter((_, axis) => !axes.includes(axis));
      const want = fill(kept, (index) => {
        const values = Array.from(inputs[0]).filter((_, at) => {
          const from = indicesOf(at, shape).filter((_, axis) => !axes.includes(axis));
          return `${from}` === `${index}`;
        });
        return Math.fround(fold(values));
      });
      t.same([...y], want);
      t.same(
        graph.tensors.get('y')!.shape,
        keepdims ? shape.map((d, a) => (axes.includes(a) ? 1 : d)) : kept,
      );
      if (shape.length < 6) compareForwards(graph, inputs, functionBound);
      if (i < 10 && shape.length < 5) checkGradient(graph, apart(r, inputs, -3, 3), r);
    }
  });
}

t.test(`argmax and argmin: the first of equals, along each axis (SEED=${SEED})`, async (t) => {
  t.same(
    argReductions.map(({ name }) => name),
    ['argmax', 'argmin'],
  );
  const r = random();
  for (const [op, sign] of [
    ['argmax', 1],
    ['argmin', -1],
  ] as const) {
    for (let rank = 1; rank < 6; rank++) {
      for (let axis = 0; axis < rank; axis++) {
        const shape = Array.from({ length: rank }, () => r.int(1, 4));
        const graph = graphOf({ op, inputs: [shape], attributes: { axis, keepdims: r.int(0, 1) } });
        const inputs = inputsOf(graph, r).map((x) => Float32Array.from(x, Math.round));
        const y = compareForwards(graph, inputs, () => 0);
        const want = fill(shape.toSpliced(axis, 1), (index) => {
          const values = Array.from({ length: shape[axis] }, (_, i) => {
            return sign * inputs[0][positionOf(index.toSpliced(axis, 0, i), shape)];
          });
          return values.indexOf(Math.max(...values));
        });
        t.same([...y], want);
      }
    }
    const graph = graphOf({ op, inputs: [[3]], attributes: { axis: 0 } });
    checkGradient(graph, [Float32Array.of(1, 5, -3)], r);
  }
});

t.test('what is refused', async (t) => {
  const refused = (op: string, attributes: Record<string, number | number[]>, message: RegExp): void => {
    t.throws(() => graphOf({ op, inputs: [[2, 3]], attributes }), { name: 'RangeError', message });
  };
  refused('reduce_sum', { axes: [] }, /axes: expected some of the input's 2 axes, each once, got \[\]/);
  refused('reduce_sum', { axes: [0, 0] }, /each once, got \[0,0\]/);
  refused('reduce_max', { axes: [2] }, /each once, got \[2\]/);
  refused('reduce_max', { axes: [-1] }, /axes: expected whole numbers of at least 0, got \[-1\]/);
  refused('argmax', { axis: 2 }, /axis: expected one below the input's rank 2, got 2/);
  refused('argmax', { axis: 0, keepdims: 3 }, /keepdims: expected 0 or 1, got 3/);
});
