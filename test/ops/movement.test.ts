import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import { elements, type Attribute } from '../../src/graph/index.js';
import { attributesOf } from '../../src/ops/check.js';
import { movements, movementView } from '../../src/ops/movement.js';
import { mergedView } from '../../src/ops/positions.js';
import { runReference } from '../../src/reference/run.js';
import { trainForward } from '../helpers/forward.js';
import { random, SEED, type Random } from '../helpers/random.js';
import { checkGradient, compareForwards } from './families.js';
import { graphOf, inputsOf, int8GraphOf, type Case } from './helpers.js';
import { fill, positionOf } from './indices.js';

type Attributes = Record<string, Attribute>;

interface Row {
  /** A shape of 1 to 6 dimensions, and attributes that fit it. */
  sample(r: Random): { shape: number[]; attributes: Attributes };
  /** Index of an element of the output -> index in the input. */
  source(index: number[], shape: number[], attributes: Attributes): number[];
  refused: [shape: number[], attributes: Attributes, message: RegExp][];
}

const TABLE: Record<string, Row> = {
  transpose: {
    sample(r) {
      const shape = randomShape(r);
      return { shape, attributes: { permutation: shuffled(r, shape.length) } };
    },
    source: (index, _shape, { permutation }) =>
      index.map((_, axis) => index[(permutation as number[]).indexOf(axis)]),
    refused: [
      [[2, 3], { permutation: [0, 0] }, /permutation: expected each axis of \[2,3\] once, got \[0,0\]/],
      [[2, 3], { permutation: [0] }, /permutation: expected 2 whole numbers of at least 0, got \[0\]/],
    ],
  },
  slice: {
    sample(r) {
      const shape = randomShape(r).map((dim) => dim + r.int(0, 4));
      const forward = r.next() < 0.2;
      const strides = shape.map(() => (forward ? 1 : r.pick([1, 1, 2, -1, -2])));
      const begin = shape.map((dim) => r.int(0, dim - 1));
      const size = shape.map((dim, axis) => {
        const room = strides[axis] > 0 ? dim - 1 - begin[axis] : begin[axis];
        return r.int(1, Math.floor(room / Math.abs(strides[axis])) + 1);
      });
      return { shape, attributes: { begin, size, strides: forward ? [] : strides } };
    },
    source: (index, shape, attributes) => {
      const { begin, strides } = attributes as Record<string, number[]>;
      return shape.map((_, axis) => begin[axis] + index[axis] * (strides[axis] ?? 1));
    },
    refused: [
      [[4], { begin: [2], size: [3] }, /expected indices in 0..3 of axis 0, got 2 to 4/],
      [[4], { begin: [1], size: [3], strides: [-1] }, /expected indices in 0..3 of axis 0, got 1 to -1/],
      [[4], { begin: [4], size: [1] }, /expected indices in 0..3 of axis 0, got 4 to 4/],
      [[4], { begin: [0], size: [0] }, /size: expected 1 whole numbers of at least 1, got \[0\]/],
    ],
  },
  tile: {
    sample(r) {
      const shape = randomShape(r);
      return { shape, attributes: { repeats: shape.map(() => r.int(1, 3)) } };
    },
    source: (index, shape) => index.map((i, axis) => i % shape[axis]),
    refused: [[[4], { repeats: [0] }, /repeats: expected 1 whole numbers of at least 1, got \[0\]/]],
  },
  expand: {
    sample(r) {
      const target = randomShape(r);
      const shape = target.slice(r.int(0, target.length)).map((dim) => (r.next() < 0.5 ? 1 : dim));
      return { shape, attributes: { shape: target } };
    },
    source: (index, shape) => {
      const own = index.slice(index.length - shape.length);
      return own.map((i, axis) => (shape[axis] === 1 ? 0 : i));
    },
    refused: [
      [[2, 3], { shape: [3] }, /shape: expected one that \[2,3\] broadcasts to, got \[3\]/],
      [[3], { shape: [2] }, /expected shapes that broadcast, got \[3\] and \[2\]/],
    ],
  },
  depth_to_space: {
    sample(r) {
      const block = r.int(1, 3);
      const shape = [r.int(1, 3), r.int(1, 3), r.int(1, 3) * block ** 2];
      return { shape, attributes: { block, mode: r.pick(['dcr', 'crd']) } };
    },
    source([y, x, c], [, , channels], { block, mode }) {
      const b = block as number;
      const tap = (y % b) * b + (x % b);
      const channel = mode === 'dcr' ? tap * (channels / b ** 2) + c : c * b ** 2 + tap;
      return [Math.floor(y / b), Math.floor(x / b), channel];
    },
    refused: [
      [[2, 2, 6], { block: 2 }, /block: expected its square to divide 6 channels, got 2/],
      [[2, 2], { block: 2 }, /input: expected \[height, width, channels\], got \[2,2\]/],
      [[2, 2, 4], { block: 2, mode: 'rcd' }, /mode: expected dcr, crd, got rcd/],
    ],
  },
  space_to_depth: {
    sample(r) {
      const block = r.int(1, 3);
      const shape = [r.int(1, 3) * block, r.int(1, 3) * block, r.int(1, 4)];
      return { shape, attributes: { block, mode: r.pick(['dcr', 'crd']) } };
    },
    source([y, x, channel], [, , channels], { block, mode }) {
      const b = block as number;
      const tap = mode === 'dcr' ? Math.floor(channel / channels) : channel % b ** 2;
      const c = mode === 'dcr' ? channel % channels : Math.floor(channel / b ** 2);
      return [y * b + Math.floor(tap / b), x * b + (tap % b), c];
    },
    refused: [[[2, 3, 1], { block: 2 }, /block: expected one that divides 2 and 3, got 2/]],
  },
};

function randomShape(r: Random): number[] {
  return Array.from({ length: r.int(1, 6) }, () => r.pick([1, 1, 2, 3]));
}

function shuffled(r: Random, length: number): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = r.int(0, i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

t.test('every operator stands in this table', async (t) => {
  t.same(
    movements.map(({ name }) => name),
    Object.keys(TABLE),
  );
});

for (const [op, { sample, source, refused }] of Object.entries(TABLE)) {
  t.test(`${op}: by index arithmetic, its training forward, its view (SEED=${SEED})`, async (t) => {
    const r = random();
    for (let i = 0; i < 40; i++) {
      const { shape, attributes } = sample(r);
      const spec = { op, inputs: [shape], attributes };
      const graph = graphOf(spec);
      const inputs = inputsOf(graph, r) as Float32Array[];
      const y = compareForwards(graph, inputs, () => 0);
      const to = graph.tensors.get('y')!.shape;
      const want = fill(to, (index) => inputs[0][positionOf(source(index, shape, attributes), shape)]);
      if (`${[...y]}` !== `${want}`) t.fail(JSON.stringify(spec));

      const view = mergedView(movementView(op, shape, attributesOf(graph.nodes[0]))!);
      if (view.dims.length > 8) continue;
      const { dims, strides, offset } = view;
      const viewed = graphOf({
        op: 'view',
        inputs: [shape],
        attributes: { dims, strides, offset },
        output: to,
      });
      t.same(
        compareForwards(viewed, inputs, () => 0),
        y,
      );
      if (i < 5) checkGradient(graph, inputs, r);
    }
  });

  t.test(`${op}: int8 moves stored values, scalars where it takes them, what it refuses`, async (t) => {
    const r = random();
    const { shape, attributes } = sample(r);
    const q = { scale: 0.5, zeroPoint: 3 };
    const int8 = int8GraphOf({
      op,
      inputs: [shape],
      attributes,
      inputQuantization: [q],
      outputQuantization: q,
    });
    const x = Int8Array.from({ length: elements(shape) }, (_, i) => i - 100);
    const [real] = runReference(graphOf({ op, inputs: [shape], attributes }), [Float32Array.from(x)]);
    t.same([...runReference(int8, [x])[0]], [...real]);
    for (const [from, wrong, message] of refused) {
      t.throws(() => graphOf({ op, inputs: [from], attributes: wrong }), { name: 'RangeError', message });
    }
  });
}

function scalar(op: string, attributes: Attributes): number[] {
  return [...compareForwards(graphOf({ op, inputs: [[]], attributes }), [Float32Array.of(5)], () => 0)];
}

function viewOf(attributes: Attributes, output?: number[]): Case {
  return { op: 'view', inputs: [[4]], attributes, output };
}

t.test('scalars', async (t) => {
  t.same(scalar('transpose', { permutation: [] }), [5]);
  t.same(scalar('slice', { begin: [], size: [] }), [5]);
  t.same(scalar('expand', { shape: [2, 2] }), [5, 5, 5, 5]);
});

t.test('a batch moves sample by sample', async (t) => {
  const graph = graphOf({ op: 'transpose', inputs: [[2, 2]], attributes: { permutation: [1, 0] } });
  const y = trainForward(graph, [tf.tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2])]).get('y')!;
  t.same([...y.dataSync()], [1, 3, 2, 4, 5, 7, 6, 8]);
});

t.test('view: repeated, backwards, any shape; positions outside are refused', async (t) => {
  const [y] = runReference(graphOf(viewOf({ dims: [2, 3], strides: [0, -1], offset: 3 }, [3, 2])), [
    Float32Array.of(1, 2, 3, 4),
  ]);
  t.same([...y], [4, 3, 2, 4, 3, 2]);
  t.same(
    [...runReference(graphOf(viewOf({ dims: [], strides: [], offset: 2 }, [])), [y.slice(0, 4)])[0]],
    [2],
  );
  const refused = (attributes: Attributes, message: RegExp): void => {
    t.throws(() => graphOf(viewOf(attributes)), { name: 'RangeError', message });
  };
  refused({ dims: [3], strides: [2] }, /view: expected positions in 0..3, got 0 to 4/);
  refused({ dims: [2], strides: [-1] }, /view: expected positions in 0..3, got -1 to 0/);
  refused({ dims: [2], strides: [1, 1] }, /strides: expected 1 whole numbers, got \[1,1\]/);
  refused({ dims: [1, 1, 1, 1, 1, 1, 1, 1, 1], strides: [] }, /dims: expected at most 8/);
});
