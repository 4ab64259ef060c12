/** Functions of one number: FORMAT.md's bound, and the bits where it says so. */
import t from 'tap';
import { runReference } from '../../../src/reference/run.js';
import { random } from '../../helpers/random.js';
import { compareWithReference } from '../compare.js';
import { oneNode, randomValues, tensor } from '../models.js';

const EXACT = 'abs neg floor ceil round trunc sign logical_not sqrt reciprocal square leaky_relu clip'.split(
  ' ',
);
const WITHIN =
  'exp log rsqrt sin cos erf tanh sigmoid softplus softsign mish gelu swish hard_swish hard_sigmoid elu selu'.split(
    ' ',
  );
const ATTRIBUTES: Record<string, Record<string, number | string>> = {
  leaky_relu: { alpha: Math.fround(0.3) },
  elu: { alpha: 1.5 },
  clip: { min: -0.5, max: 1 },
  hard_sigmoid: { alpha: 0.25, beta: 0.375 },
  swish: { beta: Math.fround(1.702) },
};
const SHAPES = [[], [1], [3], [4], [17], [64], [7, 9, 3], [2, 3, 1, 2, 2, 3]];

/** Values of all sizes, and the edges of the functions' parts. */
function values(count: number, scale: number, next: () => number): Float32Array {
  const edges = [0, 1, -1, 0.5, -0.5, 3, -3, 2.5, 88, -87, 100, -104, 1e-30, -1e-30, 1e-40, 20, -20];
  return Float32Array.from({ length: count }, (_, i) => edges[i] ?? scale * (2 * next() - 1) ** 3);
}

for (const op of [...EXACT, ...WITHIN]) {
  t.test(op, async (t) => {
    const r = random();
    const limits = (graph: ReturnType<typeof oneNode>, seed: number): Float64Array[] => {
      const x = graph.tensors.get(graph.inputs[0])!;
      return runReference(graph, [randomValues(x, random(seed))]).map((y) =>
        Float64Array.from(y, (v) => (EXACT.includes(op) ? 0 : 2 ** -20 * Math.max(1, Math.abs(v)))),
      );
    };
    for (const shape of SHAPES) {
      const graph = oneNode(op, [tensor('x', shape, 'f32', r)], ATTRIBUTES[op] ?? {}, {}, { dtype: 'f32' });
      const seed = r.int(0, 1e9);
      compareWithReference(t, `[${shape}]`, graph, random(seed), limits(graph, seed));
    }
    const x = tensor('x', [4000], 'f32', r);
    const graph = oneNode(op, [x], ATTRIBUTES[op] ?? {}, {}, { dtype: 'f32' });
    const positive = op === 'log' || op === 'rsqrt' || op === 'sqrt';
    const inputs = [
      values(4000, op === 'sin' || op === 'cos' ? 1000 : 30, () => r.next()).map((v) =>
        positive ? Math.abs(v) : v,
      ),
    ];
    const bound = runReference(graph, inputs).map((y) =>
      Float64Array.from(y, (v) => (EXACT.includes(op) ? 0 : 2 ** -20 * Math.max(1, Math.abs(v)))),
    );
    compareWithReference(t, 'edges', graph, r, bound, inputs);
  });
}

t.test('hard_swish of what six times is beyond f32', async (t) => {
  const graph = oneNode('hard_swish', [tensor('x', [3], 'f32', random())], {}, {}, { dtype: 'f32' });
  const x = Float32Array.of(3e38, -3e38, 1e38);
  compareWithReference(t, 'greatest', graph, random(), [new Float64Array(3)], [x]);
});

t.test('gelu by tanh', async (t) => {
  const r = random();
  const graph = oneNode(
    'gelu',
    [tensor('x', [999], 'f32', r)],
    { approximate: 'tanh' },
    {},
    { dtype: 'f32' },
  );
  const inputs = [values(999, 12, () => r.next())];
  const bound = runReference(graph, inputs).map((y) =>
    Float64Array.from(y, (v) => 2 ** -20 * Math.max(1, Math.abs(v))),
  );
  compareWithReference(t, 'tanh', graph, r, bound, inputs);
});
