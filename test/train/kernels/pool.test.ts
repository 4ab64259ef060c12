import t, { type Test } from 'tap';
import { backend_util } from '@tensorflow/tfjs-core';
import { random, type Random } from '../../helpers/random.js';
import { checkSums, magnitudes, normals, runOn, startWasm, type Values } from './compare.js';

type Pair = [number, number];

interface Case {
  shape: [number, number, number, number];
  filterSize: Pair;
  strides: Pair;
  pad: 'same' | 'valid';
}

function outShapeOf({ shape, filterSize, strides, pad }: Case): number[] {
  return backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad).outShape;
}

function randomCase(r: Random): Case {
  for (;;) {
    const shape: Case['shape'] = [r.int(1, 3), r.int(1, 9), r.int(1, 9), r.pick([1, 3, 4, 6, 8])];
    const pair = (): Pair => [r.int(1, 4), r.int(1, 4)];
    const one: Case = { shape, filterSize: pair(), strides: pair(), pad: r.pick(['same', 'valid']) };
    if (outShapeOf(one).every((size) => size > 0)) return one;
  }
}

/** Compares the gradient of one pooling with the cpu backend's. At most every output adds to one element. */
async function check(
  t: Test,
  kernel: 'MaxPoolGrad' | 'AvgPoolGrad',
  one: Case,
  x: Values,
  r: Random,
): Promise<void> {
  const dy = normals(r, outShapeOf(one));
  const output = dy; // the kernels find the maxima again in the input
  const { filterSize, strides, pad } = one;
  const attrs = { filterSize, strides, pad };
  const want = await runOn('cpu', kernel, { dy, input: x, output }, attrs);
  const magnitude = await runOn('cpu', kernel, { dy: magnitudes(dy), input: x, output }, attrs);
  const got = await runOn('wasm', kernel, { dy, input: x, output }, attrs);
  const terms = Math.ceil(filterSize[0] / strides[0]) * Math.ceil(filterSize[1] / strides[1]);
  // One more rounding for the division by the window's size, one for that factor itself, one for the cpu's result.
  checkSums(t, `${kernel} ${JSON.stringify(one)}`, got, want, magnitude, terms + 3);
}

t.before(startWasm);

t.test('max pooling', async (t) => {
  const r = random();
  for (let i = 0; i < 40; i++) {
    const one = randomCase(r);
    await check(t, 'MaxPoolGrad', one, normals(r, one.shape), r);
  }
});

t.test('max pooling where every value is negative', async (t) => {
  const r = random();
  for (let i = 0; i < 20; i++) {
    const one = randomCase(r);
    const { shape, data } = normals(r, one.shape);
    await check(
      t,
      'MaxPoolGrad',
      one,
      { shape, data: Float32Array.from(data, (v) => -Math.abs(v) - 0.5) },
      r,
    );
  }
});

t.test('max pooling with ties: the first maximum takes the gradient', async (t) => {
  const r = random();
  for (let i = 0; i < 20; i++) {
    const one = randomCase(r);
    const { shape, data } = normals(r, one.shape);
    await check(t, 'MaxPoolGrad', one, { shape, data: Float32Array.from(data, (v) => Math.round(v)) }, r);
  }
  const zeros = { shape: [1, 2, 2, 1], data: new Float32Array(4) };
  const dy = { shape: [1, 1, 1, 1], data: Float32Array.of(3) };
  const attrs = { filterSize: 2, strides: 2, pad: 'valid' };
  const { data } = await runOn('wasm', 'MaxPoolGrad', { dy, input: zeros, output: dy }, attrs);
  t.same([...(data as Float32Array)], [3, 0, 0, 0]);
});

t.test('average pooling', async (t) => {
  const r = random();
  for (let i = 0; i < 40; i++) {
    const one = randomCase(r);
    await check(t, 'AvgPoolGrad', one, normals(r, one.shape), r);
  }
});
