import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { trainForward } from '../helpers/forward.js';
import { graphOf } from './helpers.js';

const ones = tf.ones([4, 10, 10, 8]);

function dropped(unit: string, context: { training: boolean; seed?: number }): Float32Array {
  const graph = graphOf({ op: 'dropout', inputs: [[10, 10, 8]], attributes: { rate: 0.25, unit } });
  return trainForward(graph, [ones], context).get('y')!.dataSync() as Float32Array;
}

t.test('passes values on outside training', async (t) => {
  t.ok(dropped('element', { training: false }).every((value) => value === 1));
  const graph = graphOf({ op: 'dropout', inputs: [[3]], attributes: { rate: 0.25 } });
  t.same([...runReference(graph, [Float32Array.of(1, 2, 3)])[0]], [1, 2, 3]);
});

t.test('drops about the rate and scales the rest; a seed repeats itself', async (t) => {
  const y = dropped('element', { training: true, seed: 7 });
  const kept = y.filter((value) => value !== 0);
  t.ok(kept.every((value) => value === Math.fround(1 / 0.75)));
  // Binomial of 3200 draws: five standard deviations are 5 * sqrt(0.25 * 0.75 / 3200) = 0.038.
  t.ok(Math.abs(kept.length / y.length - 0.75) < 0.039, `kept ${kept.length} of ${y.length}`);
  t.same(dropped('element', { training: true, seed: 7 }), y);
  t.notSame(dropped('element', { training: true, seed: 8 }), y);
});

t.test('unit channel drops whole maps', async (t) => {
  const y = dropped('channel', { training: true, seed: 7 });
  const sameAsFirstPixel = y.every((value, i) => value === y[Math.floor(i / 800) * 800 + (i % 8)]);
  t.ok(sameAsFirstPixel);
  t.ok(y.includes(0));
});

t.test('a rate of 1 is refused', async (t) => {
  const attributes = { rate: 1 };
  t.throws(
    () => graphOf({ op: 'dropout', inputs: [[2]], attributes }),
    /rate: expected a number in \[0, 1\), got 1/,
  );
});
