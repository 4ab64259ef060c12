import * as layers from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import type { Attribute } from '../../src/graph/index.js';
import { runReference } from '../../src/reference/run.js';
import { trainForwardArrays } from '../helpers/forward.js';
import { random, SEED, type Random } from '../helpers/random.js';
import { checkGradient } from './families.js';
import { graphOf, inputsOf, normals, within, type Case } from './helpers.js';

type Attributes = Record<string, Attribute>;
type Weights = Record<string, number[]>;

const GATES: Record<string, number> = { lstm: 4, gru: 3, simple_rnn: 1 };

/** What may be absent, with its length in units. */
const OPTIONAL: Record<string, Record<string, number>> = {
  lstm: { bias: 4, initial_h: 1, initial_c: 1 },
  gru: { bias: 3, recurrent_bias: 3, initial_h: 1 },
  simple_rnn: { bias: 1, initial_h: 1 },
};

function randomLayer(r: Random, op: string): Case {
  const [steps, features, units] = [r.int(1, 6), r.int(1, 5), r.int(1, 4)];
  const weights: Case['weights'] = {
    kernel: { shape: [GATES[op] * units, features] },
    recurrent: { shape: [GATES[op] * units, units] },
  };
  for (const [role, count] of Object.entries(OPTIONAL[op])) {
    if (r.next() < 0.6) weights[role] = { shape: [count * units] };
  }
  for (const weight of Object.values(weights)) {
    const { length } = Array.from({ length: weight.shape.reduce((a, b) => a * b, 1) });
    weight.data = normals(r, length).map((value) => value / 2);
  }
  const attributes: Attributes = {
    activation: r.pick(['tanh', 'tanh', 'relu', 'sigmoid', 'linear']),
    reverse: r.int(0, 1),
    ...(op !== 'simple_rnn' && { recurrent_activation: r.pick(['sigmoid', 'hard_sigmoid']) }),
    ...(op === 'gru' && { reset_after: r.int(0, 1) }),
  };
  return { op, inputs: [[steps, features]], attributes, weights };
}

const FUNCTIONS: Record<string, (x: number) => number> = {
  tanh: Math.tanh,
  relu: (x) => (x > 0 ? x : 0),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  linear: (x) => x,
  hard_sigmoid: (x) => Math.min(Math.max(0.2 * x + 0.5, 0), 1),
};

/** The equations of FORMAT.md in double, one step's vectors at a time. */
const STEPS: Record<string, (x: number[], h: number[], c: number[], w: Weights, a: Attributes) => number[]> =
  {
    lstm(x, h, c, w, attributes) {
      const [a, s] = functions(attributes);
      return h.map((_, u) => {
        const p = (gate: number): number => {
          const row = gate * h.length + u;
          return dot(w.kernel, row, x) + (w.bias?.[row] ?? 0) + dot(w.recurrent, row, h);
        };
        c[u] = s(p(1)) * c[u] + s(p(0)) * a(p(2));
        return s(p(3)) * a(c[u]);
      });
    },
    gru(x, h, _c, w, attributes) {
      const [a, s] = functions(attributes);
      const k = (row: number): number => dot(w.kernel, row, x) + (w.bias?.[row] ?? 0);
      const q = (row: number, state: number[]): number =>
        dot(w.recurrent, row, state) + (w.recurrent_bias?.[row] ?? 0);
      const units = h.length;
      const g = h.map((_, u) => s(k(units + u) + q(units + u, h)));
      const reset = h.map((value, u) => g[u] * value);
      return h.map((value, u) => {
        const z = s(k(u) + q(u, h));
        const row = 2 * units + u;
        const n = a(k(row) + (attributes.reset_after === 1 ? g[u] * q(row, h) : q(row, reset)));
        return z * value + (1 - z) * n;
      });
    },
    simple_rnn(x, h, _c, w, attributes) {
      const [a] = functions(attributes);
      return h.map((_, u) => a(dot(w.kernel, u, x) + (w.bias?.[u] ?? 0) + dot(w.recurrent, u, h)));
    },
  };

function functions({ activation, recurrent_activation }: Attributes): ((x: number) => number)[] {
  return [FUNCTIONS[activation as string], FUNCTIONS[recurrent_activation as string]];
}

function dot(w: number[], row: number, x: number[]): number {
  return x.reduce((sum, value, k) => sum + w[row * x.length + k] * value, 0);
}

/** [T,U], row-major. */
function byEquations(
  { op, inputs: [[steps, features]], attributes, weights }: Case,
  x: Float32Array,
): number[] {
  const w = Object.fromEntries(Object.entries(weights!).map(([role, { data }]) => [role, Array.from(data!)]));
  const units = weights!.recurrent.shape[1];
  let h = w.initial_h ?? Array.from({ length: units }, () => 0);
  const c = w.initial_c ?? h.map(() => 0);
  const rows: number[][] = [];
  for (let i = 0; i < steps; i++) {
    const t = attributes!.reverse === 1 ? steps - 1 - i : i;
    h = STEPS[op](Array.from(x.slice(t * features, (t + 1) * features)), h, c, w, attributes!);
    rows[t] = h;
  }
  return rows.flat();
}

for (const op of Object.keys(GATES)) {
  t.test(`${op}: by its equations, as the training forward; it trains (SEED=${SEED})`, async () => {
    const r = random();
    for (let i = 0; i < 40; i++) {
      const spec = randomLayer(r, op);
      const graph = graphOf(spec);
      const inputs = inputsOf(graph, r) as Float32Array[];
      const want = byEquations(spec, inputs[0]);
      const [y] = runReference(graph, inputs);
      // FORMAT.md's bound; relu and linear grow, so relative to the largest.
      const largest = Math.max(1, ...want.map(Math.abs));
      const bound = 2 ** -18 * spec.inputs[0][0] * largest;
      within(y, want, () => bound / 8, JSON.stringify(spec));
      within(trainForwardArrays(graph, inputs)[0], y, () => bound, JSON.stringify(spec));
      const smooth =
        spec.attributes!.activation !== 'relu' && spec.attributes!.recurrent_activation !== 'hard_sigmoid';
      if (i < 20 && smooth) checkGradient(graph, inputs, r);
    }
  });
}

t.test('defaults: what is absent is zero, tanh, sigmoid, reset after', async (t) => {
  const weights = {
    kernel: { shape: [3, 1], data: [0, 0, 1] },
    recurrent: { shape: [3, 1], data: [0, 0, 1] },
  };
  const graph = graphOf({ op: 'gru', inputs: [[2, 1]], weights });
  const first = 0.5 * Math.tanh(2);
  const second = 0.5 * first + 0.5 * Math.tanh(1 + 0.5 * first);
  within(runReference(graph, [Float32Array.of(2, 1)])[0], [first, second], () => 2 ** -23, 'gru');
  t.same(graph.tensors.get('y')!.shape, [2, 1]);
});

/** The layers of tfjs, whose weights are transposed. */
const TFJS: Record<string, (config: object) => layers.layers.Layer> = {
  lstm: (config) => layers.layers.lstm(config as never),
  gru: (config) => layers.layers.gru(config as never),
  simple_rnn: (config) => layers.layers.simpleRNN(config as never),
};

for (const [op, make] of Object.entries(TFJS)) {
  t.test(`${op}: as tf.layers (SEED=${SEED})`, async () => {
    const r = random();
    for (const reverse of [0, 1]) {
      const [steps, features, units] = [5, 3, 4];
      const rows = GATES[op] * units;
      const shapes = { kernel: [rows, features], recurrent: [rows, units], bias: [rows] };
      const weights: Case['weights'] = {};
      for (const [role, shape] of Object.entries(shapes)) {
        weights[role] = {
          shape,
          data: normals(
            r,
            shape.reduce((a, b) => a * b, 1),
          ).map((value) => value / 2),
        };
      }
      const recurrent = op !== 'simple_rnn' && { recurrent_activation: 'hard_sigmoid' };
      const attributes: Attributes = { reverse, ...recurrent, ...(op === 'gru' && { reset_after: 0 }) };
      const graph = graphOf({ op, inputs: [[steps, features]], attributes, weights });
      const [x] = inputsOf(graph, r) as Float32Array[];
      const layer = make({
        units,
        returnSequences: true,
        goBackwards: reverse === 1,
        recurrentActivation: 'hardSigmoid',
      });
      const input = tf.tensor(x, [1, steps, features]);
      layer.apply(input as never); // builds it
      layer.setWeights(
        Object.values(weights).map(({ shape, data }) => {
          const tensor = tf.tensor(data as Float32Array, shape);
          return shape.length === 2 ? tf.transpose(tensor) : tensor;
        }) as never,
      );
      const output = layer.apply(input as never) as unknown as tf.Tensor;
      // tfjs gives the steps in the order in which it read them.
      const want = (reverse === 1 ? tf.reverse(output, 1) : output).dataSync();
      within(runReference(graph, [x])[0], want, () => 2 ** -18 * steps, `${op} ${reverse}`);
    }
  });
}

t.test('what is refused', async (t) => {
  const kernel = { shape: [8, 3] };
  const recurrent = { shape: [8, 2] };
  const refused = (spec: Partial<Case>, message: RegExp): void => {
    const whole = { op: 'lstm', inputs: [[4, 3]], weights: { kernel, recurrent }, ...spec };
    t.throws(() => graphOf(whole, random()), { name: 'RangeError', message });
  };
  refused({ inputs: [[12]] }, /input: expected \[steps, features\], got \[12\]/);
  refused({ inputs: [[4, 2]] }, /kernel: expected f32 \[8,2\], got f32 \[8,3\]/);
  refused({ op: 'gru' }, /kernel: expected f32 \[6,3\], got f32 \[8,3\]/);
  const bias = { shape: [2] };
  refused({ weights: { kernel, recurrent, bias } }, /bias: expected f32 \[8\], got f32 \[2\]/);
  refused({ weights: { kernel, recurrent, recurrent_bias: bias } }, /got 'recurrent_bias'/);
  refused(
    { attributes: { activation: 'gelu' } },
    /activation: expected tanh, relu, sigmoid, linear, got gelu/,
  );
  refused({ attributes: { recurrent_activation: 'tanh' } }, /expected sigmoid, hard_sigmoid, got tanh/);
  refused({ attributes: { reverse: 2 } }, /reverse: expected 0 or 1, got 2/);
});
