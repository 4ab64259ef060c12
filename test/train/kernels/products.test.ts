import t from 'tap';
import { gather, grad, sum, tensor, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { random } from '../../helpers/random.js';
import { checkSums, magnitudes, normals, onBackend, runOn, startWasm } from './compare.js';

t.before(startWasm);

t.test('matrix products, plain and transposed, single and in batches', async (t) => {
  const r = random();
  for (let i = 0; i < 40; i++) {
    const [m, n] = [r.int(1, 21), r.int(1, 21)];
    const inner = r.pick([1, 3, 8, 40, 300]);
    const batch = r.pick([[], [1], [3], [2, 2]]);
    const [transposeA, transposeB] = [r.next() < 0.5, r.next() < 0.5];
    const a = normals(r, [...batch, ...(transposeA ? [inner, m] : [m, inner])]);
    const b = normals(r, [...batch, ...(transposeB ? [n, inner] : [inner, n])]);
    const attrs = { transposeA, transposeB };
    const want = await runOn('cpu', 'BatchMatMul', { a, b }, attrs);
    const magnitude = await runOn('cpu', 'BatchMatMul', { a: magnitudes(a), b: magnitudes(b) }, attrs);
    const got = await runOn('wasm', 'BatchMatMul', { a, b }, attrs);
    const label = `[${batch}] ${m}x${inner}x${n} ${JSON.stringify(attrs)}`;
    // The cpu kernel sums in blocks and rounds each block's sum, so it may err by as much again.
    checkSums(t, label, got, want, magnitude, 2 * inner);
  }
});

t.test('sums over leading, trailing and mixed axes', async (t) => {
  const r = random();
  for (const axis of [[0], [0, 1], [0, 1, 2], [3], [1, 2], [0, 3], [2, 0, 1], [0, 1, 2, 3]]) {
    for (const keepDims of [false, true]) {
      const x = normals(r, [r.int(1, 9), r.int(1, 9), r.int(1, 9), r.int(1, 9)]);
      const [want, magnitude] = await Promise.all(
        [x, magnitudes(x)].map((values) =>
          onBackend('cpu', () => sum(tensor(values.data as Float32Array, values.shape), axis, keepDims)),
        ),
      );
      const got = await onBackend('wasm', () => sum(tensor(x.data as Float32Array, x.shape), axis, keepDims));
      const terms = axis.reduce((product, a) => product * x.shape[a], 1);
      checkSums(t, `axes [${axis}] of [${x.shape}]`, got, want, magnitude, 2 * terms);
    }
  }
});

t.test('unsorted segment sum drops ids outside its segments, as the cpu backend does', async (t) => {
  const r = random();
  const x = normals(r, [12, 5]);
  const segmentIds = { shape: [12], data: Int32Array.from({ length: 12 }, () => r.int(-1, 4)) };
  const attrs = { numSegments: 4 };
  const want = await runOn('cpu', 'UnsortedSegmentSum', { x, segmentIds }, attrs);
  const magnitude = await runOn('cpu', 'UnsortedSegmentSum', { x: magnitudes(x), segmentIds }, attrs);
  const got = await runOn('wasm', 'UnsortedSegmentSum', { x, segmentIds }, attrs);
  checkSums(t, 'segments', got, want, magnitude, 24);
});

t.test('the gradient of gather', async (t) => {
  const r = random();
  const x = normals(r, [5, 3]);
  const dy = normals(r, [6, 3]);
  const compute = (): Tensor => {
    const indices = tensor1d([0, 4, 4, 2, 0, 4], 'int32');
    const of = grad((values: Tensor) => gather(values, indices));
    return of(tensor(x.data as Float32Array, x.shape), tensor(dy.data as Float32Array, dy.shape));
  };
  const want = await onBackend('cpu', compute);
  checkSums(t, 'gather', await onBackend('wasm', compute), want, { ...want, data: Array(15).fill(10) }, 3);
});
