import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import type { Attribute } from '../../src/graph/index.js';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';
import { checkGradient, compareForwards } from './families.js';
import { graphOf, inputsOf, int8GraphOf } from './helpers.js';

const op = 'pad';

/** 1, 2, 3 with two before and one after. */
function padded(attributes: Record<string, Attribute>): number[] {
  const graph = graphOf({ op, inputs: [[3]], attributes: { pads: [2, 1], ...attributes } });
  return [...runReference(graph, [Float32Array.of(1, 2, 3)])[0]];
}

t.test('each mode, by hand', async (t) => {
  t.same(padded({}), [0, 0, 1, 2, 3, 0]);
  t.same(padded({ value: -1.5 }), [-1.5, -1.5, 1, 2, 3, -1.5]);
  t.same(padded({ mode: 'reflect' }), [3, 2, 1, 2, 3, 2]);
  t.same(padded({ mode: 'symmetric' }), [2, 1, 1, 2, 3, 3]);
  t.same(padded({ mode: 'edge' }), [1, 1, 1, 2, 3, 3]);
});

t.test(`ranks 0 to 5 as tfjs does; gradients (SEED=${SEED})`, async (t) => {
  const r = random();
  for (const mode of ['constant', 'reflect', 'symmetric', 'edge']) {
    for (let rank = 0; rank < 6; rank++) {
      const shape = Array.from({ length: rank }, () => r.int(2, 4));
      const pads = Array.from({ length: 2 * rank }, () => r.int(0, 1));
      const graph = graphOf({ op, inputs: [shape], attributes: { pads, mode, value: 0.5 } });
      const inputs = inputsOf(graph, r) as Float32Array[];
      const y = compareForwards(graph, inputs, () => 0);
      const mirrored = mode === 'reflect' || mode === 'symmetric';
      if (mirrored && rank > 0 && rank < 5) {
        const sides = shape.map((_, axis): [number, number] => [pads[axis], pads[axis + rank]]);
        t.same(y, tf.mirrorPad(tf.tensor(inputs[0], shape), sides, mode).dataSync());
      }
      if (rank < 4) checkGradient(graph, inputs, r);
    }
  }
});

t.test('int8: the value is stored as quantize stores it', async (t) => {
  const q = { scale: 0.5, zeroPoint: 3 };
  const y = (attributes: Record<string, Attribute>): number[] => {
    const spec = { op, inputs: [[2]], inputQuantization: [q], outputQuantization: q };
    const graph = int8GraphOf({ ...spec, attributes: { pads: [1, 1], ...attributes } });
    return [...runReference(graph, [Int8Array.of(7, -9)])[0]];
  };
  t.same(y({}), [3, 7, -9, 3]);
  t.same(y({ value: 2 }), [7, 7, -9, 7]);
  t.same(y({ value: -1000 }), [-128, 7, -9, -128]);
  t.same(y({ mode: 'edge' }), [7, 7, -9, -9]);
});

t.test('what is refused', async (t) => {
  const refused = (attributes: Record<string, Attribute>, message: RegExp): void => {
    t.throws(() => graphOf({ op, inputs: [[3]], attributes }), { name: 'RangeError', message });
  };
  refused({ pads: [1] }, /pads: expected 2 whole numbers of at least 0, got \[1\]/);
  refused({ pads: [1, -1] }, /pads: expected 2 whole numbers of at least 0, got \[1,-1\]/);
  refused(
    { pads: [3, 0], mode: 'reflect' },
    /pads: expected at most 2 beside \[3\] \(reflect\), got \[3,0\]/,
  );
  refused(
    { pads: [0, 4], mode: 'symmetric' },
    /pads: expected at most 3 beside \[3\] \(symmetric\), got \[0,4\]/,
  );
  refused({ pads: [0, 0], mode: 'wrap' }, /mode: expected constant, reflect, symmetric, edge, got wrap/);
  refused({ pads: [0, 0], value: Infinity }, /value: expected a finite f32, got Infinity/);
});
