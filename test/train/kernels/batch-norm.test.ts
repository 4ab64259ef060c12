import t from 'tap';
import {
  batchNorm,
  grads,
  relu,
  relu6,
  tensor,
  tensor1d,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import { batchNormTraining } from '../../../src/train/kernels/batch-norm.js';
import { random, type Random } from '../../helpers/random.js';
import { checkSums, normals, onBackend, startWasm, type Values } from './compare.js';

const EPSILON = 1e-3;

interface Inputs {
  x: Values;
  scale: Values;
  offset: Values;
  dy: Values;
}

interface Outputs {
  y: Values;
  dx: Values;
  dscale: Values;
  doffset: Values;
}

/** Outputs while they are filled in. */
type Writable = Record<keyof Outputs, { shape: number[]; data: Float64Array }>;

/** Values at some distance from zero, as activations before normalization are. */
function randomInputs(r: Random, shape: number[]): Inputs {
  const channels = shape[shape.length - 1];
  const x = normals(r, shape);
  const shift = 3 * r.normal();
  return {
    x: { shape, data: Float32Array.from(x.data, (value) => value + shift) },
    scale: normals(r, [channels]),
    offset: normals(r, [channels]),
    dy: normals(r, shape),
  };
}

/** The definition in double precision, and for each output the sum of the absolute terms that make it. */
function plain({ x, scale, offset, dy }: Inputs): { want: Outputs; magnitude: Outputs } {
  const channels = scale.shape[0];
  const rows = x.data.length / channels;
  const make = (): Outputs => ({
    y: { shape: x.shape, data: new Float64Array(x.data.length) },
    dx: { shape: x.shape, data: new Float64Array(x.data.length) },
    dscale: { shape: [channels], data: new Float64Array(channels) },
    doffset: { shape: [channels], data: new Float64Array(channels) },
  });
  const [want, magnitude] = [make(), make()] as unknown as [Writable, Writable];
  for (let c = 0; c < channels; c++) {
    const column = Array.from({ length: rows }, (_, row) => row * channels + c);
    const mean = column.reduce((s, i) => s + x.data[i], 0) / rows;
    const variance = column.reduce((s, i) => s + (x.data[i] - mean) ** 2, 0) / rows;
    const r = 1 / Math.sqrt(variance + EPSILON);
    const z = (i: number): number => (x.data[i] - mean) * r;
    // A term of z is a difference of floats as large as |x| and |mean|.
    const spread = (i: number): number => (Math.abs(x.data[i]) + Math.abs(mean)) * r;
    const sums = { dz: 0, dy: 0, dzSize: 0, dySize: 0 };
    for (const i of column) {
      sums.dz += dy.data[i] * z(i);
      sums.dy += dy.data[i];
      sums.dzSize += Math.abs(dy.data[i]) * spread(i);
      sums.dySize += Math.abs(dy.data[i]);
    }
    const factor = scale.data[c] * r;
    for (const i of column) {
      want.y.data[i] = scale.data[c] * z(i) + offset.data[c];
      magnitude.y.data[i] = Math.abs(scale.data[c]) * spread(i) + Math.abs(offset.data[c]);
      want.dx.data[i] = factor * (dy.data[i] - sums.dy / rows - (z(i) * sums.dz) / rows);
      magnitude.dx.data[i] =
        Math.abs(factor) * (Math.abs(dy.data[i]) + sums.dySize / rows + (spread(i) * sums.dzSize) / rows);
    }
    want.dscale.data[c] = sums.dz;
    magnitude.dscale.data[c] = sums.dzSize;
    want.doffset.data[c] = sums.dy;
    magnitude.doffset.data[c] = sums.dySize;
  }
  return { want, magnitude };
}

const asTensor = ({ data, shape }: Values): Tensor => tensor(data as Float32Array, shape);

/** Batch normalization with given mean and variance, its arguments in the order of the test. */
function withStatistics(x: Tensor, mean: Tensor, variance: Tensor, scale: Tensor, offset: Tensor): Tensor {
  const [m, v, s, o] = [mean, variance, scale, offset] as Tensor1D[];
  return batchNorm(x, m, v, o, s, EPSILON);
}

/** The largest absolute value. */
function size(values: Values): number {
  return Math.max(...Array.from(values.data, Math.abs));
}

/** Values with -0 as 0. */
function unsigned(values: Values): number[] {
  return Array.from(values.data, (value) => value + 0);
}

t.before(startWasm);

t.test('batch normalization in training: output and gradients', async (t) => {
  const r = random();
  for (const shape of [
    [2, 1],
    [5, 3],
    [64, 10],
    [2, 3, 4, 5],
    [4, 7, 5, 8],
    [3, 11, 11, 18],
  ]) {
    const inputs = randomInputs(r, shape);
    const { want, magnitude } = plain(inputs);
    const { x, scale, offset, dy } = inputs;
    const forward = (a: Tensor, b: Tensor, c: Tensor): Tensor =>
      batchNormTraining(a, b as Tensor1D, c as Tensor1D, EPSILON).y;
    const all = (index: number) => (): Tensor =>
      grads(forward)([x, scale, offset].map(asTensor), asTensor(dy))[index];
    // Sums are exact but for their last rounding. Mean and variance are rounded to floats, and through r that enters
    // every factor: five roundings of factors, three of the terms.
    const check = (name: keyof Outputs, got: Values): void =>
      checkSums(t, `${name} of [${shape}]`, got, want[name], magnitude[name], 8);
    check('y', await onBackend('wasm', () => forward(asTensor(x), asTensor(scale), asTensor(offset))));
    check('dx', await onBackend('wasm', all(0)));
    check('dscale', await onBackend('wasm', all(1)));
    check('doffset', await onBackend('wasm', all(2)));
  }
});

t.test('its mean and variance are those of the batch', async (t) => {
  const x = { shape: [4, 2], data: Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40) };
  for (const [index, expected] of [
    [0, [2.5, 25]],
    [1, [1.25, 125]],
  ] as const) {
    const got = await onBackend('wasm', () => {
      const { mean, variance } = batchNormTraining(asTensor(x), tensor1d([1, 1]), tensor1d([0, 0]), EPSILON);
      return [mean, variance][index];
    });
    t.same([...(got.data as Float32Array)], expected);
  }
});

t.test('batch normalization with given statistics: as on the cpu backend, gradients too', async (t) => {
  const r = random();
  const { x, scale, offset, dy } = randomInputs(r, [3, 5, 4, 6]);
  const mean = normals(r, [6]);
  const variance = { shape: [6], data: Float32Array.from({ length: 6 }, () => 0.5 + r.next()) };
  const inputs = [x, mean, variance, scale, offset];
  const computations = [
    () => withStatistics(...(inputs.map(asTensor) as [Tensor, Tensor, Tensor, Tensor, Tensor])),
    ...inputs.map(
      (_, index) => () => grads(withStatistics as never)(inputs.map(asTensor), asTensor(dy))[index],
    ),
  ];
  // The largest product of one term: |dy| * (|x| + |mean|) * |scale| * r^3, r < 1.5.
  const term = size(dy) * (size(x) + size(mean)) * Math.max(1, size(scale)) * 1.5 ** 3 + size(offset);
  for (const [index, compute] of computations.entries()) {
    const want = await onBackend('cpu', compute);
    const got = await onBackend('wasm', compute);
    const terms = (x.data.length / want.data.length) * (index < 2 ? 1 : 60);
    const magnitude = { ...want, data: Array(want.data.length).fill(term) };
    checkSums(
      t,
      ['y', 'dx', 'dmean', 'dvariance', 'dscale', 'doffset'][index],
      got,
      want,
      magnitude,
      8 + terms,
    );
  }
});

t.test('gradients of relu and relu6', async (t) => {
  const x = {
    shape: [11],
    data: Float32Array.of(-3, -0, 0, 1e-40, 2, 5.9999995, 6, 6.000001, 7, Infinity, -Infinity),
  };
  const dy = normals(random(), [11]);
  for (const operator of [relu, relu6]) {
    const compute = (): Tensor => grads((a: Tensor) => operator(a))([asTensor(x)], asTensor(dy))[0];
    const want = await onBackend('cpu', compute);
    const got = await onBackend('wasm', compute);
    t.same(unsigned(got), unsigned(want), operator.name);
  }
});
