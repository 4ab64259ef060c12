import t from 'tap';
import { elements } from '../../src/graph/index.js';
import { runReference } from '../../src/reference/run.js';
import { trainForwardArrays } from '../helpers/forward.js';
import { random, SEED } from '../helpers/random.js';
import { checkGradient } from './families.js';
import { absoluteSums, graphOf, inputsOf, sumBound, within } from './helpers.js';
import { fill, positionOf } from './indices.js';

const op = 'matmul';

/** Leading axes that broadcast both ways, of both ranks. */
const LEADING: [number[], number[]][] = [
  [[], []],
  [[3], []],
  [[], [2, 3]],
  [
    [2, 1],
    [1, 3],
  ],
  [[2, 3], [3]],
];

/** An element of the matrix at `lead` of the output's leading axes. */
function at(x: Float32Array, shape: number[], lead: number[], row: number, column: number): number {
  const rank = shape.length - 2;
  const own = lead.slice(lead.length - rank).map((i, axis) => (shape[axis] === 1 ? 0 : i));
  return x[positionOf([...own, row, column], shape)];
}

t.test(`by index arithmetic, as the training forward; transposed either way (SEED=${SEED})`, async () => {
  const r = random();
  for (const [left, right] of LEADING) {
    for (let flags = 0; flags < 4; flags++) {
      const [transpose_a, transpose_b] = [flags & 1, flags >> 1];
      const [m, k, n] = [r.int(1, 5), r.int(1, 5), r.int(1, 5)];
      const a = [...left, ...(transpose_a ? [k, m] : [m, k])];
      const b = [...right, ...(transpose_b ? [n, k] : [k, n])];
      const spec = { op, inputs: [a, b], attributes: { transpose_a, transpose_b } };
      const graph = graphOf(spec);
      const inputs = inputsOf(graph, r) as Float32Array[];
      const [y] = runReference(graph, inputs);
      const want = fill(graph.tensors.get('y')!.shape, (index) => {
        const lead = index.slice(0, -2);
        const [i, j] = index.slice(-2);
        let sum = 0;
        for (let c = 0; c < k; c++) {
          const p = transpose_a ? at(inputs[0], a, lead, c, i) : at(inputs[0], a, lead, i, c);
          const q = transpose_b ? at(inputs[1], b, lead, j, c) : at(inputs[1], b, lead, c, j);
          sum += p * q;
        }
        return sum;
      });
      within(y, want, (i) => 2 ** -24 * Math.abs(want[i]), JSON.stringify(spec));
      const bound = sumBound(k, absoluteSums(graph, inputs));
      within(trainForwardArrays(graph, inputs)[0], y, bound, JSON.stringify(spec));
      checkGradient(graph, inputs, r);
    }
  }
});

t.test('large ones are not silly', async (t) => {
  const graph = graphOf({
    op,
    inputs: [
      [8, 64, 64],
      [8, 64, 64],
    ],
  });
  t.equal(runReference(graph, inputsOf(graph, random()))[0].length, elements([8, 64, 64]));
});

t.test('what is refused', async (t) => {
  const refused = (inputs: number[][], message: RegExp, attributes = {}): void => {
    t.throws(() => graphOf({ op, inputs, attributes }), { name: 'RangeError', message });
  };
  refused(
    [
      [2, 3],
      [4, 2],
    ],
    /inputs: expected matrices that fit, got \[2,3\] and \[4,2\]/,
  );
  refused([[3], [3, 2]], /inputs: expected at least two dimensions, got \[3\]/);
  refused(
    [
      [2, 2, 3],
      [3, 3, 2],
    ],
    /expected shapes that broadcast, got \[2\] and \[3\]/,
  );
  refused(
    [
      [2, 2],
      [2, 2],
    ],
    /transpose_a: expected 0 or 1, got 2/,
    { transpose_a: 2 },
  );
});
