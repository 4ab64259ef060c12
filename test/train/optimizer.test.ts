import * as tf from '@tensorflow/tfjs-core';
import t from 'tap';
import { selectBackend, type OptimizerOptions, type Parameter } from '../../src/train/index.js';
import { createOptimizer } from '../../src/train/optimizer.js';
import { random, SEED } from '../helpers/random.js';

t.before(() => selectBackend({ prefer: 'cpu' }));

const { normal } = random();
const noise = (count: number): Float32Array => Float32Array.from({ length: count }, normal);

function parameterOf(values: Float32Array): Parameter {
  return {
    name: 'w',
    role: 'kernel',
    shape: [values.length],
    graphShape: [values.length],
    values,
    trainable: true,
    slots: [],
  };
}

const cases: [string, OptimizerOptions, () => tf.Optimizer][] = [
  ['adam', { type: 'adam' }, () => tf.train.adam(0.01, 0.9, 0.999, 1e-7)],
  ['sgd', { type: 'sgd' }, () => tf.train.sgd(0.01)],
  ['momentum', { type: 'sgd', momentum: 0.9 }, () => tf.train.momentum(0.01, 0.9)],
];

for (const [name, options, theirs] of cases) {
  t.test(`${name}: 20 steps as tfjs takes them (SEED=${SEED})`, (t) => {
    const start = noise(50);
    const variable = tf.variable(tf.tensor1d(start));
    const parameter = parameterOf(start.slice());
    const update = createOptimizer(options);
    const optimizer = theirs();
    for (let step = 0; step < 20; step++) {
      const gradient = noise(50);
      update(parameter, gradient, 0.01, step);
      optimizer.applyGradients({ [variable.name]: tf.tensor1d(gradient) });
    }
    const want = variable.dataSync();
    // Adam's epsilon stands outside the bias correction here: at most rate * epsilon / |gradient| a step apart.
    const worst = parameter.values.reduce((most, value, i) => Math.max(most, Math.abs(value - want[i])), 0);
    t.ok(worst < 20 * 0.01 * 2 ** -14, `differs by ${worst}`);
    t.end();
  });

  t.test(`${name}: pruned weights stay 0, momentum or not`, (t) => {
    const parameter = parameterOf(noise(50));
    const update = createOptimizer(options);
    for (let step = 0; step < 5; step++) update(parameter, noise(50), 0.1, step);
    parameter.mask = Uint8Array.from({ length: 50 }, (_, i) => i % 2);
    for (let i = 0; i < 50; i += 2) parameter.values[i] = 0;
    for (let step = 5; step < 10; step++) update(parameter, noise(50), 0.1, step);
    t.ok(parameter.values.every((value, i) => (value !== 0) === (i % 2 === 1)));
    t.end();
  });
}
