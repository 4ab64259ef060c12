import t from 'tap';
import { damped, leastSquares } from '../../../src/compress/structure/least-squares.js';
import { unitGroups } from '../../../src/compress/structure/groups.js';
import { reconstruct } from '../../../src/compress/structure/reconstruct.js';
import { removeUnits } from '../../../src/compress/structure/remove.js';
import { Units } from '../../../src/compress/structure/units.js';
import { runReference } from '../../../src/reference/index.js';
import { ensureBackend } from '../../../src/train/index.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { random, SEED } from '../../helpers/random.js';
import { noise } from './noise.js';

t.before(() => ensureBackend());
t.comment(`SEED=${SEED}`);

t.test('least squares: a line through points', async (t) => {
  // r = 3 x - 1 at x = 0, 1, 2
  const moments = {
    xx: Float64Array.of(5),
    xr: Float64Array.of(12),
    x: Float64Array.of(3),
    r: Float64Array.of(6),
    count: 3,
  };
  const { kernel, bias } = leastSquares(moments, 0, true);
  t.ok(Math.abs(kernel[0] - 3) < 1e-12 && Math.abs(bias[0] + 1) < 1e-12, `${kernel} ${bias}`);
  t.ok(Math.abs(leastSquares(moments, 0, false).kernel[0] - 12 / 5) < 1e-12, 'through the origin');
});

function squares(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value * value, 0);
}

t.test('least squares: two copies of one input share its weight, inputs of zeros get none', async (t) => {
  // r = 2 x, x given twice
  const twice = { xx: Float64Array.of(5, 5, 5, 5), xr: Float64Array.of(10, 10), x: Float64Array.of(3, 3) };
  const { kernel } = leastSquares({ ...twice, r: Float64Array.of(6), count: 3 }, 1e-9, false);
  t.ok(Math.abs(kernel[0] - 1) < 1e-6 && Math.abs(kernel[1] - 1) < 1e-6, `${kernel}`);
  const zeros = { xx: new Float64Array(4), xr: new Float64Array(2), x: new Float64Array(2) };
  const { kernel: none, bias } = leastSquares({ ...zeros, r: Float64Array.of(6), count: 3 }, 1e-3, true);
  t.same([...none, ...bias], [0, 0, 2]);
});

t.test('damping is by the mean of the diagonal', async (t) => {
  t.same([...damped(Float64Array.of(1, 2, 2, 3), 2, 0.5)], [2, 2, 2, 4]);
});

t.test('channels that copy others are made good whole', async (t) => {
  const { graph } = new GraphBuilder([6, 6, 2])
    .add('conv2d', { activation: 'relu' }, { kernel: [4, 3, 3, 2], bias: [4] }, { name: 'first' })
    .add('conv2d', {}, { kernel: [3, 3, 3, 4], bias: [3] }, { name: 'second' });
  const [kernel, bias] = ['kernel', 'bias'].map((role) => graph.weights.get(`first/${role}`)!.data);
  kernel.set(kernel.subarray(0, 36), 36);
  bias.set(bias.subarray(0, 2), 2);
  const units = new Units(graph);
  const removed = new Set(unitGroups(units)[0].units.slice(2));
  const smaller = removeUnits(units, removed);
  const data = noise([6, 6, 2], 64);
  const solved = await reconstruct(units, smaller, removed, data, { samples: 64, seed: 1 });
  const input = Float32Array.from({ length: 72 }, random().normal);
  const [want, lost, got] = [graph, smaller, solved].map((each) => runReference(each, [input])[0]);
  const error = (values: ArrayLike<number>): number =>
    Math.sqrt(squares(Array.from(want, (value, i) => value - values[i])) / squares(want));
  t.ok(error(lost) > 0.1, `without: ${error(lost)}`);
  t.ok(error(got) < 0.01, `with: ${error(got)}; not zero, as a ridge holds the kernel`);
});
