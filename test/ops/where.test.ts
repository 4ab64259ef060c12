import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';
import { checkGradient, compareForwards, functionBound } from './families.js';
import { graphOf, inputsOf } from './helpers.js';

t.test('where: not 0 takes a; all three broadcast', async (t) => {
  const graph = graphOf({ op: 'where', inputs: [[2, 1], [3], []] });
  t.same(graph.tensors.get('y')!.shape, [2, 3]);
  const [y] = runReference(graph, [Float32Array.of(0, -0.5), Float32Array.of(1, 2, 3), Float32Array.of(9)]);
  t.same([...y], [9, 9, 9, 1, 2, 3]);
  t.throws(() => graphOf({ op: 'where', inputs: [[2], [3], []] }), {
    message: /expected shapes that broadcast/,
  });
});

t.test(`where and prelu train, broadcasting (SEED=${SEED})`, async () => {
  const r = random();
  for (const inputs of [
    [[], [], []],
    [[2, 1], [3], [1]],
    [[3], [2, 2, 3], [2, 1, 1]],
  ]) {
    const graph = graphOf({ op: 'where', inputs });
    const values = inputsOf(graph, r) as Float32Array[];
    compareForwards(graph, values, () => 0);
    checkGradient(graph, values, r);
  }
  for (const inputs of [
    [[], []],
    [[2, 3], [3]],
    [
      [4, 2, 3],
      [2, 1],
    ],
    [[5], [1]],
  ]) {
    const graph = graphOf({ op: 'prelu', inputs });
    const values = inputsOf(graph, r) as Float32Array[];
    compareForwards(graph, values, functionBound);
    checkGradient(graph, [values[0].map((x) => x + Math.sign(x) / 4), values[1]], r);
  }
});

t.test('prelu by hand; its slope does not stretch x', async (t) => {
  const graph = graphOf({ op: 'prelu', inputs: [[2, 2], [2]] });
  const [y] = runReference(graph, [Float32Array.of(-4, -4, 3, -1), Float32Array.of(0.5, 2)]);
  t.same([...y], [-2, -8, 3, -2]);
  t.throws(() => graphOf({ op: 'prelu', inputs: [[2], [3, 2]] }), {
    message: /slope: expected a shape that broadcasts to \[2\], got \[3,2\]/,
  });
});
