import t from 'tap';
import type { Attribute } from '../../src/graph/index.js';
import { cleanUp } from '../../src/passes/index.js';
import { recognizePatterns } from '../../src/passes/patterns/index.js';
import { untilStable, type Pass } from '../../src/passes/rewrite.js';
import { GraphBuilder } from '../helpers/graphs.js';
import { random } from '../helpers/random.js';
import { keepsOutputs } from './passed.js';

const r = random();
const clean: Pass = (graph) => cleanUp(graph) === graph;
const patterns = untilStable(recognizePatterns);

/** Writes formulas: each operand is a tensor's name, or a number or list that becomes a constant. */
class Formula {
  readonly builder: GraphBuilder;
  #count = 0;

  constructor(readonly shape = [5, 8]) {
    this.builder = new GraphBuilder(shape);
  }

  op(op: string, ...operands: (string | number | number[])[]): string {
    return this.with(op, {}, ...operands);
  }

  with(
    op: string,
    attributes: Record<string, Attribute>,
    ...operands: (string | number | number[])[]
  ): string {
    const inputs = operands.map((operand) =>
      typeof operand === 'string' ? operand : this.#constant(operand),
    );
    const name = `${op}_${this.#count++}`;
    this.builder.add(op, attributes, {}, { name, inputs });
    return name;
  }

  #constant(value: number | number[]): string {
    const name = `c_${this.#count++}`;
    const values = [value].flat();
    const shape = Array.isArray(value) ? [values.length] : [];
    this.builder.add('constant', {}, { value: shape }, { name, inputs: [] });
    (this.builder.graph.weights.get(`${name}/value`)!.data as Float32Array).set(values);
    return name;
  }
}

/** What is left of the formula: operators with their attributes. */
function recognized(write: (f: Formula) => void, pass: Pass = patterns, roundings = 64): string {
  const formula = new Formula();
  write(formula);
  const { nodes } = keepsOutputs(pass, formula.builder.graph, r, roundings);
  return nodes
    .filter(({ op }) => op !== 'constant')
    .map(({ op, attributes }) => [op, ...Object.entries(attributes).map(([k, v]) => `${k}=${v}`)].join(' '))
    .join(', ');
}

const x = 'input';

const gate = (f: Formula): string => f.op('relu6', f.op('add', x, 3));

const erf = (f: Formula): string => f.op('add', f.op('erf', f.op('div', x, Math.SQRT2)), 1);

const negative = (f: Formula): string => f.op('relu', f.op('neg', x));

const mean = (f: Formula, of: string): string => f.with('reduce_mean', { axes: [1], keepdims: 1 }, of);

const variance = (f: Formula, centered: string): string =>
  f.op('add', mean(f, f.op('square', centered)), 0.0001);

const pooled = (write: (f: Formula) => void): string => {
  const formula = new Formula([3, 4, 2]);
  write(formula);
  return keepsOutputs(clean, formula.builder.graph, r, 16)
    .nodes.map(({ op }) => op)
    .join(' ');
};

t.test('swish', async (t) => {
  t.equal(
    recognized((f) => f.op('mul', x, f.op('sigmoid', x))),
    'swish',
  );
  t.equal(
    recognized((f) => f.op('mul', f.op('sigmoid', f.op('mul', x, 1.5)), x)),
    'swish beta=1.5',
  );
  t.equal(
    recognized((f) => f.op('mul', f.op('neg', x), f.op('sigmoid', x))),
    'neg, sigmoid, mul',
  );
});

t.test('hard_sigmoid and hard_swish', async (t) => {
  t.equal(
    recognized((f) => f.op('mul', gate(f), 1 / 6)),
    `hard_sigmoid alpha=${Math.fround(1 / 6)} beta=0.5`,
  );
  t.equal(
    recognized((f) => f.with('clip', { min: 0, max: 1 }, f.op('add', f.op('mul', x, 0.25), 0.5))),
    'hard_sigmoid alpha=0.25 beta=0.5',
  );
  t.equal(
    recognized((f) => f.op('div', f.op('mul', x, gate(f)), 6)),
    'hard_swish',
  );
  t.equal(
    recognized((f) => f.op('mul', x, f.op('mul', gate(f), 1 / 6))),
    'hard_swish',
  );
  t.equal(
    recognized((f) => f.op('mul', f.op('mul', x, 1 / 6), gate(f))),
    'hard_swish',
  );
  t.equal(
    recognized((f) => f.op('mul', x, f.op('div', f.with('add', { activation: 'relu6' }, x, 3), 6))),
    'hard_swish',
  );
  t.equal(
    recognized((f) => f.op('div', f.op('mul', x, gate(f)), 5)),
    'add, relu6, mul, div',
    'another number',
  );
});

t.test('gelu, by erf and by tanh', async (t) => {
  t.equal(
    recognized((f) => f.op('mul', f.op('mul', x, erf(f)), 0.5)),
    'gelu',
  );
  t.equal(
    recognized((f) => f.op('mul', f.op('mul', 0.5, x), erf(f))),
    'gelu',
  );
  t.equal(
    recognized((f) => f.op('mul', x, f.op('mul', erf(f), 0.5))),
    'gelu',
  );
  const cubes = [
    (f: Formula) => f.op('pow', x, 3),
    (f: Formula) => f.op('mul', x, f.op('mul', x, x)),
    (f: Formula) => f.op('mul', f.op('square', x), x),
  ];
  for (const cube of cubes)
    t.equal(
      recognized((f) => {
        const inner = f.op('mul', f.op('add', x, f.op('mul', cube(f), 0.044715)), 0.7978845608);
        f.op('mul', x, f.op('mul', f.op('add', f.op('tanh', inner), 1), 0.5));
      }),
      'gelu approximate=tanh',
    );
});

t.test('mish', async (t) => {
  t.equal(
    recognized((f) => f.op('mul', x, f.op('tanh', f.op('softplus', x)))),
    'mish',
  );
});

t.test('leaky_relu and prelu', async (t) => {
  t.equal(
    recognized((f) => f.op('max', f.op('mul', x, 0.25), x)),
    'leaky_relu alpha=0.25',
  );
  t.equal(
    recognized((f) => f.op('max', f.op('mul', x, 1.5), x)),
    'mul, max',
    'a above 1 is a minimum',
  );
  t.equal(
    recognized((f) => f.op('sub', f.op('relu', x), f.op('mul', negative(f), 0.25))),
    'leaky_relu alpha=0.25',
  );
  const slopes = [0.1, 0.2, 0.3, 0.4, -0.5, 0.6, 0.7, 2];
  t.equal(
    recognized((f) => f.op('sub', f.op('relu', x), f.op('mul', slopes, negative(f)))),
    'prelu',
  );
  t.equal(
    recognized((f) => f.op('add', f.op('mul', slopes, negative(f)), f.op('relu', x))),
    'prelu',
  );
  t.equal(
    recognized((f) => {
      const half = f.op('mul', f.op('mul', slopes, f.op('sub', x, f.op('abs', x))), 0.5);
      f.op('add', f.op('relu', x), half);
    }),
    'prelu',
  );
});

t.test('layer_norm', async (t) => {
  const gamma = [1, 2, 3, 4, -5, 6, 7, 8];
  const epsilon = `epsilon=${Math.fround(0.0001)}`;
  t.equal(
    recognized((f) => {
      const centered = f.op('sub', x, mean(f, x));
      f.op('mul', centered, f.op('rsqrt', variance(f, centered)));
    }),
    `layer_norm ${epsilon}`,
  );
  t.equal(
    recognized((f) => {
      const centered = f.op('sub', x, mean(f, x));
      const norm = f.op('div', centered, f.op('sqrt', variance(f, centered)));
      f.op('add', f.op('mul', norm, gamma), gamma);
    }),
    `layer_norm ${epsilon}`,
  );
  t.equal(
    recognized((f) => {
      const average = mean(f, x);
      const squares = f.op('add', mean(f, f.op('squared_difference', x, average)), 0.0001);
      const scale = f.op('mul', f.op('rsqrt', squares), gamma);
      f.op('add', f.op('mul', x, scale), f.op('sub', gamma, f.op('mul', average, scale)));
    }),
    `layer_norm ${epsilon}`,
  );
  t.match(
    recognized((f) => {
      const other = f.with('reduce_mean', { axes: [0], keepdims: 1 }, x);
      const centered = f.op('sub', x, other);
      f.op('mul', centered, f.op('rsqrt', variance(f, centered)));
    }),
    /reduce_mean/,
    'over another axis',
  );
});

t.test('means and maxima over an image are global pools', async (t) => {
  const axes = { axes: [0, 1] };
  t.equal(
    pooled((f) => f.with('reduce_mean', axes, x)),
    'global_avg_pool2d',
  );
  t.equal(
    pooled((f) => f.with('reduce_mean', { ...axes, keepdims: 1 }, x)),
    'global_avg_pool2d reshape',
  );
  t.equal(
    pooled((f) => f.with('reduce_max', axes, x)),
    'global_max_pool2d',
  );
  t.equal(
    pooled((f) => f.op('mul', f.with('reduce_sum', axes, x), 1 / 12)),
    'global_avg_pool2d',
  );
});
