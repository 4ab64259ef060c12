import t from 'tap';
import type { Attribute } from '../../src/graph/index.js';
import { binary } from '../../src/ops/binary.js';
import { runReference } from '../../src/reference/run.js';
import { trainForwardArrays } from '../helpers/forward.js';
import { random, SEED, type Random } from '../helpers/random.js';
import { apart, checkGradient, compareForwards, functionBound } from './families.js';
import { bytes, compareInt8, graphOf, inputsOf, int8GraphOf, randomQuantization } from './helpers.js';

/** Both ways, from the middle, of different ranks, one element, up to rank 6. */
const PAIRS: [number[], number[]][] = [
  [[], []],
  [[1], [7]],
  [[5], []],
  [
    [3, 1],
    [1, 4],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [[4], [2, 3, 4]],
  [
    [3, 1, 5],
    [3, 2, 5],
  ],
  [[1, 1, 1], [2]],
  [
    [2, 1, 2, 1, 3],
    [3, 1, 2, 1],
  ],
];
const DEEP: [number[], number[]] = [
  [2, 1, 3, 1, 2, 2],
  [3, 2, 1, 2],
];

interface Row {
  f: (a: number, b: number) => number;
  /** Whether its gradient is a slope (else zero, or not looked at). */
  smooth: boolean;
  known: [a: number, b: number, y: number][];
  domain?: (x: number) => number;
}

const positive = (x: number): number => Math.abs(x) + 0.5;
const f32 = Math.fround;

const TABLE: Record<string, Row> = {
  add: { f: (a, b) => f32(a + b), smooth: true, known: [[1, 2, 3]] },
  sub: { f: (a, b) => f32(a - b), smooth: true, known: [[1, 2, -1]] },
  mul: { f: (a, b) => f32(a * b), smooth: true, known: [[3, 2, 6]] },
  min: { f: (a, b) => (a < b ? a : b), smooth: true, known: [[3, 2, 2]] },
  max: { f: (a, b) => (a > b ? a : b), smooth: true, known: [[3, 2, 3]] },
  div: {
    f: (a, b) => f32(a / b),
    smooth: true,
    known: [
      [3, 2, 1.5],
      [1, 0, Infinity],
    ],
    domain: positive,
  },
  pow: {
    f: (a, b) => f32(a ** b),
    smooth: true,
    known: [
      [3, 2, 9],
      [-2, 3, -8],
      [0, 0, 1],
    ],
    domain: positive,
  },
  squared_difference: { f: (a, b) => f32(f32(a - b) ** 2), smooth: true, known: [[3, 5, 4]] },
  floor_div: {
    f: (a, b) => Math.floor(f32(a / b)),
    smooth: false,
    known: [
      [-7, 2, -4],
      [7, -2, -4],
      [7, 2, 3],
    ],
  },
  floor_mod: {
    f: (a, b) => a - b * Math.floor(a / b),
    smooth: false,
    known: [
      [-7, 3, 2],
      [7, -3, -2],
      [7, 3, 1],
      [-6, 3, -0],
      [-7, -3, -1],
    ],
    domain: positive,
  },
  atan2: {
    f: (a, b) => f32(Math.atan2(a, b)),
    smooth: true,
    known: [
      [1, 1, Math.PI / 4],
      [0, -1, Math.PI],
    ],
    domain: positive,
  },
  equal: {
    f: (a, b) => (a === b ? 1 : 0),
    smooth: false,
    known: [
      [3, 3, 1],
      [3, 2, 0],
    ],
  },
  not_equal: {
    f: (a, b) => (a === b ? 0 : 1),
    smooth: false,
    known: [
      [3, 3, 0],
      [3, 2, 1],
    ],
  },
  less: {
    f: (a, b) => (a < b ? 1 : 0),
    smooth: false,
    known: [
      [3, 3, 0],
      [2, 3, 1],
    ],
  },
  less_equal: {
    f: (a, b) => (a <= b ? 1 : 0),
    smooth: false,
    known: [
      [3, 3, 1],
      [3, 2, 0],
    ],
  },
  greater: {
    f: (a, b) => (a > b ? 1 : 0),
    smooth: false,
    known: [
      [3, 3, 0],
      [3, 2, 1],
    ],
  },
  greater_equal: {
    f: (a, b) => (a >= b ? 1 : 0),
    smooth: false,
    known: [
      [3, 3, 1],
      [2, 3, 0],
    ],
  },
  logical_and: {
    f: (a, b) => (a && b ? 1 : 0),
    smooth: false,
    known: [
      [0.5, -2, 1],
      [0, 1, 0],
      [1, 0, 0],
    ],
  },
  logical_or: {
    f: (a, b) => (a || b ? 1 : 0),
    smooth: false,
    known: [
      [0, -2, 1],
      [0, 0, 0],
      [1, 0, 1],
    ],
  },
};

t.test('every operator stands in this table', async (t) => {
  t.same(binary.map(({ name }) => name).sort(), Object.keys(TABLE).sort());
});

for (const [op, { f, smooth, known, domain }] of Object.entries(TABLE)) {
  t.test(`${op} (SEED=${SEED})`, async (t) => {
    const r = random();
    const count = [known.length];
    const [y] = runReference(graphOf({ op, inputs: [count, count] }), [
      Float32Array.from(known, ([a]) => a),
      Float32Array.from(known, ([, b]) => b),
    ]);
    known.forEach(([a, b, want], i) => t.equal(y[i], f32(want), `${op}(${a}, ${b})`));
    for (const pair of [...PAIRS, ...PAIRS.map(([a, b]) => [b, a])]) {
      const graph = graphOf({ op, inputs: pair });
      const inputs = (inputsOf(graph, r) as Float32Array[]).map((x) =>
        x.map((v) => (domain ?? ((w) => w))(v)),
      );
      const got = compareForwards(graph, inputs, functionBound);
      const want = naive(graph.tensors.get('y')!.shape, pair, inputs, f);
      got.forEach((value, i) => {
        const bound = op === 'floor_mod' ? 2 ** -20 : 0;
        if (!(Math.abs(value - want[i]) <= bound))
          t.fail(`${op} [${pair[0]}] [${pair[1]}] at ${i}: ${value}, want ${want[i]}`);
      });
      if (smooth && pair[0].length === 2) checkGradient(graph, apart(r, inputs, domain ? 0.5 : -2, 2), r);
    }
    const deep = graphOf({ op, inputs: DEEP });
    t.same(deep.tensors.get('y')!.shape, [2, 1, 3, 2, 2, 2]);
    const inputs = (inputsOf(deep, r) as Float32Array[]).map((x) => x.map(positive));
    const want = naive([2, 1, 3, 2, 2, 2], DEEP, inputs, f);
    t.equal(
      runReference(deep, inputs)[0].every((value, i) => Math.abs(value - want[i]) <= 2 ** -20),
      true,
    );
  });
}

/** By numpy's rule, index by index. */
function naive(shape: number[], pair: number[][], inputs: Float32Array[], f: Row['f']): number[] {
  const count = shape.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, i) => {
    const [a, b] = pair.map((from, k) => {
      let at = 0;
      let unit = 1;
      let rest = i;
      for (let axis = shape.length - 1, own = from.length - 1; axis >= 0; axis--, own--) {
        const index = rest % shape[axis];
        rest = Math.floor(rest / shape[axis]);
        if (own < 0) continue;
        at += (from[own] === 1 ? 0 : index) * unit;
        unit *= from[own];
      }
      return inputs[k][at];
    });
    return f(a, b);
  });
}

t.test('comparisons and whole quotients let gradients pass as zero', async () => {
  const r = random();
  for (const op of ['less', 'equal', 'floor_div', 'logical_or']) {
    checkGradient(graphOf({ op, inputs: [[3], [1]] }), [Float32Array.of(1.5, 3.5, 7), Float32Array.of(2)], r);
  }
});

t.test('whole quotients beyond int32, by the training forward', async (t) => {
  const graph = graphOf({ op: 'floor_div', inputs: [[2], [1]] });
  const [got, want] = [trainForwardArrays, runReference].map((forward) => [
    ...forward(graph, [Float32Array.of(-3e12, 1e30), Float32Array.of(2)])[0],
  ]);
  t.same(got, want);
  t.equal(want[0], f32(-1.5e12));
});

/** Of -4, 1 and 9 with 1. */
function activated(op: string, activation: string): number[] {
  const graph = graphOf({ op, inputs: [[3], []], attributes: { activation } });
  return [...runReference(graph, [Float32Array.of(-4, 1, 9), Float32Array.of(1)])[0]];
}

t.test('activations', async (t) => {
  t.same(activated('add', 'relu'), [0, 2, 10]);
  t.same(activated('sub', 'relu6'), [0, 0, 6]);
  t.same(activated('mul', 'relu6'), [0, 1, 6]);
});

t.test('a hand-computed int8 add', async (t) => {
  const graph = int8GraphOf({
    op: 'add',
    inputs: [[3], [3]],
    attributes: { activation: 'relu' },
    inputQuantization: [
      { scale: 1, zeroPoint: 0 },
      { scale: 0.5, zeroPoint: 1 },
    ],
    outputQuantization: { scale: 2, zeroPoint: 5 },
  });
  // Real: 3 + 0.5 = 3.5 -> 1.75 -> 2; -4 + 1 = -3 -> relu; 127 + 63 = 190 -> 95.
  t.same([...runReference(graph, [Int8Array.of(3, -4, 127), Int8Array.of(2, 3, 127)])[0]], [7, 5, 100]);
});

t.test('a hand-computed int8 mul and sub', async (t) => {
  const inputQuantization = [
    { scale: 0.5, zeroPoint: 1 },
    { scale: 0.25, zeroPoint: -2 },
  ];
  const y = (op: string): number[] => {
    const outputQuantization = { scale: 0.25, zeroPoint: 3 };
    const graph = int8GraphOf({ op, inputs: [[3], [1]], inputQuantization, outputQuantization });
    return [...runReference(graph, [Int8Array.of(5, 2, 127), Int8Array.of(4)])[0]];
  };
  // a = 2, 0.5, 63; b = 1.5. mul: 3, 0.75, 94.5 -> 12, 3, 378; sub: 0.5, -1, 61.5 -> 2, -4, 246.
  t.same(y('mul'), [15, 6, 127]);
  t.same(y('sub'), [5, -1, 127]);
});

t.test(`int8 equals real numbers up to rounding (SEED=${SEED})`, async () => {
  const r = random();
  for (const op of ['add', 'sub', 'mul']) {
    for (let i = 0; i < 30; i++) {
      const attributes: Record<string, Attribute> = { activation: r.pick(['linear', 'relu', 'relu6']) };
      const spec = { op, inputs: r.pick(PAIRS), attributes };
      const inputQuantization = [randomQuantization(r), randomQuantization(r)];
      const outputQuantization = { scale: f32(0.01 + r.next()), zeroPoint: r.int(-128, 127) };
      const graph = int8GraphOf({ ...spec, inputQuantization, outputQuantization, weights: {} });
      compareInt8(graph, graphOf(spec), inputsOf(graph, r), JSON.stringify({ op, inputQuantization }));
    }
  }
});

t.test(`int8 mul to the bit, by integers (SEED=${SEED})`, async (t) => {
  const r = random();
  for (let i = 0; i < 20; i++) {
    const [qa, qb] = [randomScale(r), randomScale(r)];
    const q = { scale: f32(qa.scale * qb.scale * (0.5 + 200 * r.next())), zeroPoint: r.int(-128, 127) };
    const spec = { op: 'mul', inputs: [[64], [64]], inputQuantization: [qa, qb], outputQuantization: q };
    const [a, b] = [bytes(r, 64), bytes(r, 64)];
    const m = f32(f32(qa.scale * qb.scale) / q.scale);
    const want = Array.from(a, (value, k) => {
      const v = f32((value - qa.zeroPoint) * (b[k] - qb.zeroPoint) * m);
      return Math.min(127, Math.max(-128, nearestEven(v) + q.zeroPoint));
    });
    t.same([...runReference(int8GraphOf(spec), [a, b])[0]], want);
  }
});

function randomScale(r: Random): { scale: number; zeroPoint: number } {
  return { scale: f32(0.001 + r.next()), zeroPoint: r.int(-128, 127) };
}

function nearestEven(v: number): number {
  const below = Math.floor(v);
  if (v - below !== 0.5) return Math.floor(v + 0.5);
  return below % 2 === 0 ? below : below + 1;
}

t.test('min and max of int8 compare stored values, of one scale', async (t) => {
  const q = { scale: 0.25, zeroPoint: 4 };
  const graph = int8GraphOf({
    op: 'max',
    inputs: [[3], []],
    inputQuantization: [q, q],
    outputQuantization: q,
  });
  t.same([...runReference(graph, [Int8Array.of(-9, 3, 9), Int8Array.of(2)])[0]], [2, 3, 9]);
  const other = { scale: 0.5, zeroPoint: 4 };
  const wrong = { op: 'min', inputs: [[3], []], inputQuantization: [q, other], outputQuantization: q };
  t.throws(() => int8GraphOf(wrong), { message: /expected its input's scale and zero point, 0.5 and 4/ });
});

t.test('what is refused', async (t) => {
  t.throws(
    () =>
      graphOf({
        op: 'mul',
        inputs: [
          [2, 3],
          [2, 1, 2],
        ],
      }),
    {
      name: 'RangeError',
      message: /inputs: expected shapes that broadcast, got \[2,3\] and \[2,1,2\]/,
    },
  );
  t.throws(() => graphOf({ op: 'div', inputs: [[2]] }), { message: /inputs: expected 2, got 1/ });
  const inputQuantization = [
    { scale: 1, zeroPoint: 0 },
    { scale: 1, zeroPoint: 0 },
  ];
  const tiny = { scale: 2 ** -15, zeroPoint: 0 };
  for (const [op, bound] of [
    ['add', 16711680],
    ['sub', 16711680],
    ['mul', 2130739200],
  ] as const) {
    const graph = int8GraphOf({ op, inputs: [[1], [1]], inputQuantization, outputQuantization: tiny });
    t.throws(() => runReference(graph, [Int8Array.of(1), Int8Array.of(1)]), {
      name: 'RangeError',
      message: new RegExp(`below 2\\^22 quanta of the output, got up to ${bound}`),
    });
  }
});
