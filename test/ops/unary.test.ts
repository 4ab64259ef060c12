import t from 'tap';
import type { Attribute } from '../../src/graph/index.js';
import { unary, unaryFunction } from '../../src/ops/unary.js';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';
import { checkGradient, compareForwards, functionBound, SHAPES } from './families.js';
import { graphOf, inputsOf } from './helpers.js';

interface Row {
  attributes?: Record<string, Attribute>;
  /** Inputs, exact or known results. */
  known: [x: number, y: number][];
  /** Takes a standard normal to where the function is defined. */
  domain?: (x: number) => number;
  /** False where the function has steps: its gradient is then zero. */
  smooth?: false;
}

const positive = (x: number): number => Math.abs(x) + 0.25;

/** Known values from Abramowitz and Stegun, or by hand. */
const TABLE: Record<string, Row[]> = {
  leaky_relu: [
    {
      attributes: { alpha: 0.25 },
      known: [
        [-4, -1],
        [3, 3],
      ],
    },
  ],
  elu: [
    {
      attributes: { alpha: 2 },
      known: [
        [-Infinity, -2],
        [5, 5],
        [-1, 2 * (Math.exp(-1) - 1)],
      ],
    },
  ],
  hard_sigmoid: [
    {
      known: [
        [0, 0.5],
        [-2.5, 0],
        [5, 1],
        [1, 0.7],
      ],
    },
    {
      attributes: { alpha: 1 / 6, beta: 0.5 },
      known: [
        [-3, 0],
        [3, 1],
        [1.5, 0.75],
      ],
    },
  ],
  clip: [
    { known: [[1e30, 1e30]] },
    {
      attributes: { min: -0.5, max: 0.75 },
      known: [
        [-1, -0.5],
        [0.5, 0.5],
        [1, 0.75],
      ],
    },
  ],
  gelu: [
    {
      known: [
        [0, 0],
        [1, 0.8413447460685429],
        [-Infinity, 0],
        [8, 8],
      ],
    },
    {
      attributes: { approximate: 'tanh' },
      known: [
        [0, 0],
        [1, 0.8411919906082768],
        [-20, 0],
      ],
    },
  ],
  swish: [
    {
      known: [
        [0, 0],
        [2, 1.7615941559557649],
        [-200, 0],
      ],
    },
    { attributes: { beta: 2 }, known: [[1, 0.8807970779778825]] },
  ],
  selu: [
    {
      known: [
        [1, 1.0507009873554805],
        [-Infinity, -1.7580993408473766],
      ],
    },
  ],
  sigmoid: [
    {
      known: [
        [0, 0.5],
        [200, 1],
        [-200, 0],
        [1, 0.7310585786300049],
      ],
    },
  ],
  tanh: [
    {
      known: [
        [0, 0],
        [20, 1],
        [0.5, 0.46211715726],
      ],
    },
  ],
  hard_swish: [
    {
      known: [
        [-3, 0],
        [3, 3],
        [1, 2 / 3],
      ],
    },
  ],
  softplus: [
    {
      known: [
        [0, Math.LN2],
        [200, 200],
        [-200, 0],
      ],
    },
  ],
  softsign: [
    {
      known: [
        [1, 0.5],
        [-3, -0.75],
      ],
    },
  ],
  mish: [
    {
      known: [
        [0, 0],
        [1, 0.8650983882673103],
        [100, 100],
      ],
    },
  ],
  abs: [
    {
      known: [
        [-2, 2],
        [3, 3],
      ],
    },
  ],
  neg: [
    {
      known: [
        [-2, 2],
        [3, -3],
      ],
    },
  ],
  exp: [
    {
      known: [
        [0, 1],
        [1, Math.E],
        [100, Infinity],
        [-200, 0],
      ],
    },
  ],
  log: [
    {
      known: [
        [1, 0],
        [0, -Infinity],
        [-1, NaN],
      ],
      domain: positive,
    },
  ],
  sqrt: [
    {
      known: [
        [9, 3],
        [-1, NaN],
      ],
      domain: positive,
    },
  ],
  rsqrt: [
    {
      known: [
        [16, 0.25],
        [0, Infinity],
      ],
      domain: positive,
    },
  ],
  reciprocal: [
    {
      known: [
        [4, 0.25],
        [0, Infinity],
      ],
      domain: positive,
    },
  ],
  square: [{ known: [[-3, 9]] }],
  sin: [
    {
      known: [
        [0, 0],
        [Math.fround(Math.PI / 2), 1],
      ],
    },
  ],
  cos: [
    {
      known: [
        [0, 1],
        [3, -0.9899924966004454],
      ],
    },
  ],
  erf: [
    {
      known: [
        [0, 0],
        [0.5, 0.5204998778130465],
        [2, 0.9953222650189527],
        [-7, -1],
      ],
    },
  ],
  floor: [
    {
      known: [
        [-0.5, -1],
        [1.5, 1],
      ],
      smooth: false,
    },
  ],
  ceil: [
    {
      known: [
        [-0.5, -0],
        [1.5, 2],
      ],
      smooth: false,
    },
  ],
  round: [
    {
      known: [
        [0.5, 0],
        [-0.5, -0],
        [1.5, 2],
        [-2.5, -2],
        [2.4, 2],
        [-2.6, -3],
      ],
      smooth: false,
    },
  ],
  trunc: [
    {
      known: [
        [-1.5, -1],
        [1.5, 1],
      ],
      smooth: false,
    },
  ],
  sign: [
    {
      known: [
        [-3, -1],
        [0, 0],
        [2, 1],
      ],
      smooth: false,
    },
  ],
  logical_not: [
    {
      known: [
        [0, 1],
        [-2, 0],
      ],
      smooth: false,
    },
  ],
};

t.test('every operator stands in this table', async (t) => {
  t.same(
    unary.map(({ name }) => name),
    Object.keys(TABLE),
  );
});

for (const [op, rows] of Object.entries(TABLE)) {
  t.test(`${op} (SEED=${SEED})`, async (t) => {
    const r = random();
    for (const { attributes, known, domain = (x: number) => x, smooth = true } of rows) {
      const one = graphOf({ op, inputs: [[known.length]], attributes });
      const [y] = runReference(one, [Float32Array.from(known, ([x]) => x)]);
      known.forEach(([x, want], i) => {
        const fits = Object.is(y[i], want) || Math.abs(y[i] - want) <= 2 ** -22 * Math.abs(want);
        t.ok(fits || (want === 0 && y[i] === 0), `${op}(${x}): expected ${want}, got ${y[i]}`);
      });
      for (const shape of SHAPES) {
        const graph = graphOf({ op, inputs: [shape], attributes });
        const inputs = (inputsOf(graph, r) as Float32Array[]).map((x) => x.map((v) => domain(3 * v)));
        compareForwards(graph, inputs, functionBound);
        if (shape.length !== 1) continue;
        const away = inputs.map((x) => x.map(awayFromKinks));
        if (smooth)
          checkGradient(
            graph,
            away.map((x) => x.map(domain)),
            r,
          );
        else
          checkGradient(
            graph,
            away.map((x) => x.map((v) => Math.floor(v) + 0.25)),
            r,
          );
      }
    }
  });
}

/** Kinks and steps lie at whole numbers and halves, 0.75 and 2.5: of hard_sigmoid, clip, relu. */
function awayFromKinks(x: number): number {
  return Math.fround(Math.floor(4 * x) / 4 + 0.125);
}

t.test('attributes', async (t) => {
  const refused = (op: string, attributes: Record<string, Attribute>, message: RegExp): void => {
    t.throws(() => graphOf({ op, inputs: [[2]], attributes }), { name: 'RangeError', message });
  };
  refused('elu', {}, /alpha is missing/);
  t.throws(() => unaryFunction('relu', {}), { message: /^op: expected one of leaky_relu, .*, got 'relu'$/ });
  refused('clip', { max: 1e39 }, /max: expected a finite f32, got 1e\+39/);
  refused('gelu', { approximate: 'no' }, /approximate: expected none, tanh, got no/);
  t.equal(
    unaryFunction('leaky_relu', { alpha: 0.1 })(-1),
    -Math.fround(0.1),
    'an attribute is the f32 that a file holds',
  );
});
