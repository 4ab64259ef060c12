import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { trainForwardArrays } from '../helpers/forward.js';
import { random, SEED } from '../helpers/random.js';
import { graphOf, inputsOf, within } from './helpers.js';

const op = 'softmax';

t.test(
  'a hand-computed example: each row of the last axis sums to 1, large scores do not overflow',
  async (t) => {
    const graph = graphOf({ op, inputs: [[2, 2]] });
    const thirds = [Math.fround(2 / 3), Math.fround(1 / 3)];
    t.same([...runReference(graph, [Float32Array.of(1000, 1000, 0, -1000)])[0]], [0.5, 0.5, 1, 0]);
    const [y] = runReference(graph, [Float32Array.of(Math.log(2), 0, 0, Math.log(2))]);
    within(y, [...thirds, ...thirds.toReversed()], () => 2 ** -24, 'thirds');
  },
);

t.test(`training forward equals the reference (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 30; i++) {
    const shape = [r.int(1, 20), r.int(1, 20)].slice(r.int(0, 1));
    const graph = graphOf({ op, inputs: [shape] });
    const inputs = inputsOf(graph, r) as Float32Array[];
    const [want] = runReference(graph, inputs);
    // FORMAT.md: 8 * 2^-24 relative to the largest output, each side.
    const bound = 2 * 8 * 2 ** -24 * Math.max(...want);
    within(trainForwardArrays(graph, inputs)[0], want, () => bound, `[${shape}]`);
  }
});
