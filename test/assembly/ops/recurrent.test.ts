/** lstm, gru, simple_rnn: within FORMAT.md's bound of the plain loop. */
import t from 'tap';
import { elements, type Attribute, type Weight } from '../../../src/graph/graph.js';
import { random, type Random } from '../../helpers/random.js';
import { compareWithReference } from '../compare.js';
import { graphOf, plainWeight, tensor } from '../models.js';

const GATES: Record<string, number> = { lstm: 4, gru: 3, simple_rnn: 1 };
const SIZES = [
  [1, 1, 1],
  [5, 3, 4],
  [7, 9, 5],
  [3, 16, 8],
];

/** Gates' sums stay small. */
function weightsOf(
  op: string,
  features: number,
  units: number,
  all: boolean,
  r: Random,
): Record<string, Weight> {
  const rows = GATES[op] * units;
  const shapes: Record<string, number[]> = { kernel: [rows, features], recurrent: [rows, units] };
  if (all) Object.assign(shapes, { bias: [rows], initial_h: [units] });
  if (all && op === 'lstm') shapes.initial_c = [units];
  if (all && op === 'gru') shapes.recurrent_bias = [rows];
  return Object.fromEntries(
    Object.entries(shapes).map(([role, shape]) => {
      const data = Float32Array.from({ length: elements(shape) }, () => r.normal() / 4);
      return [role, plainWeight(shape, data)];
    }),
  );
}

for (const op of Object.keys(GATES)) {
  t.test(op, async (t) => {
    const r = random();
    const variants: Record<string, Attribute>[] = [{}, { reverse: 1 }];
    variants.push(...['relu', 'sigmoid', 'linear'].map((activation) => ({ activation })));
    if (op !== 'simple_rnn') variants.push({ recurrent_activation: 'hard_sigmoid' });
    if (op === 'gru') variants.push({ reset_after: 0 }, { reset_after: 0, reverse: 1 });
    for (const [steps, features, units] of SIZES) {
      for (const attributes of variants) {
        for (const all of [false, true]) {
          const x = tensor('x', [steps, features], 'f32', r);
          const weights = weightsOf(op, features, units, all, r);
          const graph = graphOf([x], [{ name: 'y', op, inputs: ['x'], attributes, weights }]);
          const bound = new Float64Array(steps * units).fill(2 ** -18 * steps);
          compareWithReference(t, `[${x.shape}] ${units} ${JSON.stringify(attributes)}`, graph, r, [bound]);
        }
      }
    }
  });
}
