import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';
import { checkTranspose } from './gradients.js';
import {
  compareInt8,
  compareTraining,
  graphOf,
  inputsOf,
  int8GraphOf,
  randomQuantization,
} from './helpers.js';

const op = 'global_avg_pool2d';

t.test('a hand-computed example', async (t) => {
  const graph = graphOf({ op, inputs: [[1, 2, 2]] });
  t.same([...runReference(graph, [Float32Array.of(1, 10, 2, 20)])[0]], [1.5, 15]);
});

t.test(`equals training forward, real numbers and its transpose (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 20; i++) {
    const shape = [r.int(1, 9), r.int(1, 9), r.int(1, 6)];
    const spec = { op, inputs: [shape] };
    compareTraining(spec, shape[0] * shape[1], r);
    checkTranspose(spec, r);
    const inputQuantization = [randomQuantization(r)];
    const outputQuantization = { scale: Math.fround(0.01 + r.next()), zeroPoint: r.int(-128, 127) };
    const graph = int8GraphOf({ ...spec, inputQuantization, outputQuantization });
    compareInt8(graph, graphOf(spec), inputsOf(graph, r), `[${shape}]`);
  }
});
