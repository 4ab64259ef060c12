/** Functions of two and three numbers, with broadcasting. */
import t from 'tap';
import { writeLop } from '../../../src/format/index.js';
import { runReference } from '../../../src/reference/run.js';
import type { Attribute } from '../../../src/graph/graph.js';
import type { Values } from '../../../src/ops/op.js';
import { random } from '../../helpers/random.js';
import { compareWithReference } from '../compare.js';
import { Runtime } from '../harness.js';
import { graphOf, oneNode, plainWeight, randomValues, tensor } from '../models.js';

const PAIRS: [number[], number[]][] = [
  [[], []],
  [[1], [7]],
  [[17], [17]],
  [[17], []],
  [[5, 3], [3]],
  [
    [5, 3],
    [5, 1],
  ],
  [[3], [5, 3]],
  [[4, 16], [16]],
  [
    [7, 9, 5],
    [1, 1, 5],
  ],
  [
    [7, 9, 4],
    [7, 9, 1],
  ],
  [
    [2, 1, 3],
    [1, 4, 1],
  ],
  [
    [2, 3, 1, 2, 2, 3],
    [3, 2, 1, 1, 3],
  ],
];
const EXACT =
  'div min max squared_difference floor_div floor_mod equal not_equal less less_equal greater greater_equal logical_and logical_or'.split(
    ' ',
  );

/** Small whole numbers and halves, so that some are equal and some 0. */
function rough(x: Values): Values {
  return x.map((v) => Math.round(v * 2) / 2);
}

for (const op of [...EXACT, 'add', 'sub', 'mul']) {
  t.test(`${op}, f32`, async (t) => {
    const r = random();
    for (const [a, b] of PAIRS) {
      for (const change of [rough, (x: Values) => x]) {
        const inputs = [tensor('a', a, 'f32', r), tensor('b', b, 'f32', r)];
        const attributes: Record<string, Attribute> = op === 'sub' ? { activation: 'relu6' } : {};
        const graph = oneNode(op, inputs, attributes, {}, { dtype: 'f32' });
        const values = inputs.map((x) => change(randomValues(x, r)));
        compareWithReference(t, `[${a}] [${b}]`, graph, r, [zeroes(runReference(graph, values)[0])], values);
      }
    }
  });
}

function zeroes(y: Values): Float64Array {
  return new Float64Array(y.length);
}

for (const op of ['pow', 'atan2']) {
  t.test(op, async (t) => {
    const r = random();
    const [a, b] = [tensor('a', [31, 5], 'f32', r), tensor('b', [5], 'f32', r)];
    for (const change of [rough, (x: Values) => x.map(Math.abs)]) {
      const graph = oneNode(op, [a, b], {}, {}, { dtype: 'f32' });
      const values = [a, b].map((x) => change(randomValues(x, r)));
      const bound = Float64Array.from(
        runReference(graph, values)[0],
        (v) => 2 ** -20 * Math.max(1, Math.abs(v)),
      );
      compareWithReference(t, 'values', graph, r, [bound], values);
    }
  });
}

t.test('signs of zero: what floor_mod leaves, powers and the angle of -0', async (t) => {
  const signs = (op: string, a: number[], b: number[]): number[] => {
    const inputs = ['a', 'b'].map((name) => tensor(name, [a.length], 'f32', random()));
    const runtime = new Runtime('simd128-all');
    t.equal(runtime.load(writeLop(oneNode(op, inputs, {}, {}, { dtype: 'f32' }))), 0);
    return [...runtime.run([Float32Array.from(a), Float32Array.from(b)], 1)[0]];
  };
  t.strictSame(signs('floor_mod', [-6, 6, -0, -6], [3, 3, 3, -3]), [-0, 0, -0, -0]);
  t.strictSame(
    signs('atan2', [0, -0, 0, 1], [-0, -0, 0, -0]),
    [Math.PI, -Math.PI, 0, Math.PI / 2].map(Math.fround),
  );
});

for (const op of ['add', 'sub', 'mul', 'min', 'max']) {
  t.test(`${op}, int8`, async (t) => {
    const r = random();
    for (const [a, b] of PAIRS) {
      const inputs = [tensor('a', a, 'i8', r), tensor('b', b, 'i8', r, 0.05)];
      if (op === 'min' || op === 'max') inputs[1].quantization = inputs[0].quantization;
      const { dtype, quantization } =
        op === 'min' || op === 'max' ? inputs[0] : tensor('y', [], 'i8', r, op === 'mul' ? 0.1 : 0.06);
      const attributes: Record<string, Attribute> =
        op === 'min' || op === 'max' ? {} : { activation: 'relu' };
      compareWithReference(
        t,
        `[${a}] [${b}]`,
        oneNode(op, inputs, attributes, {}, { dtype, quantization }),
        r,
      );
    }
  });
}

t.test('where, prelu', async (t) => {
  const r = random();
  for (const [a, b] of PAIRS) {
    const condition = tensor('c', [1], 'f32', r);
    const inputs = [tensor('a', a, 'f32', r), tensor('b', b, 'f32', r), condition];
    compareWithReference(t, `where [${a}] [${b}]`, oneNode('where', inputs, {}, {}, { dtype: 'f32' }), r, [
      zeroes(new Float32Array(1000)),
    ]);
  }
  for (const slope of [[], [5], [9, 1], [7, 9, 5]]) {
    const inputs = [tensor('x', [7, 9, 5], 'f32', r), tensor('slope', slope, 'f32', r)];
    compareWithReference(t, `prelu [${slope}]`, oneNode('prelu', inputs, {}, {}, { dtype: 'f32' }), r, [
      zeroes(new Float32Array(315)),
    ]);
  }
});

t.test('lookup', async (t) => {
  const r = random();
  for (const shape of [[], [5], [7, 9, 3], [4, 4, 16]]) {
    const table = plainWeight(
      [256],
      Int8Array.from({ length: 256 }, () => r.int(-128, 127)),
      'i8',
    );
    const x = tensor('x', shape, 'i8', r);
    const { dtype, quantization } = tensor('y', [], 'i8', r);
    const graph = graphOf(
      [x],
      [{ name: 'y', op: 'lookup', inputs: ['x'], weights: { table }, output: { dtype, quantization } }],
    );
    compareWithReference(t, `[${shape}]`, graph, r);
  }
});
