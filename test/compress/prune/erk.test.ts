import t from 'tap';
import { erkSparsities, lampSparsities } from '../../../src/compress/prune/index.js';

const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-12;

t.test('ERK by hand: densities in the ratio (o + i + kh + kw) / (o i kh kw)', async (t) => {
  // 4x3x3x4 = 144 weights, sum 14; 10x40 = 400, sum 50; keep 54.4 = e (14 + 50), e = 0.85.
  const [conv, fc] = erkSparsities(
    [
      [4, 3, 3, 4],
      [10, 40],
    ],
    0.9,
  );
  t.ok(near(1 - conv, (0.85 * 14) / 144) && near(1 - fc, (0.85 * 50) / 400));
});

t.test('a layer that would keep more than all is dense, and the others share', async (t) => {
  // e = 0.5 (8 + 10000) / (6 + 200) = 24.3: the first would keep 24.3 * 6 of 8, so it is dense;
  // the other keeps the other 4996 of 10000.
  const [small, large] = erkSparsities(
    [
      [2, 4],
      [100, 100],
    ],
    0.5,
  );
  t.equal(small, 0);
  t.ok(near(large, 1 - 4996 / 10000));
});

t.test('as sparse in all as asked', async (t) => {
  const shapes = [
    [16, 3, 3, 3],
    [16, 3, 3, 16],
    [32, 3, 3, 16],
    [64, 3, 3, 64],
    [10, 64],
  ];
  const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b));
  const total = sizes.reduce((a, b) => a + b);
  for (const sparsity of [0, 0.3, 0.5, 0.9, 0.99]) {
    const each = erkSparsities(shapes, sparsity);
    const kept = each.reduce((sum, s, l) => sum + (1 - s) * sizes[l], 0);
    t.ok(Math.abs(kept / total - (1 - sparsity)) < 1e-9, `${sparsity}`);
    t.ok(each.every((s) => s >= 0 && s < 1));
  }
});

t.test('scope lamp: sparsities by LAMP, by hand', async (t) => {
  const kernels = [
    { shape: [1, 2], values: Float32Array.of(1e-3, 1e-4) },
    { shape: [1, 4], values: Float32Array.of(3, 2, 2, 1) },
  ];
  // LAMP scores: 1, 0.0099 and 1, 4/9, 4/5... descending sums 9, 13, 17, 18: 1, 4/13, 4/17, 1/18.
  t.same(lampSparsities(kernels, { block: [1, 1] }, 0.5), [0.5, 0.5]);
  t.same(lampSparsities(kernels, { block: [1, 1] }, 2 / 6), [0.5, 0.25]);
  t.same(lampSparsities(kernels, { block: [1, 1] }, 1 / 6), [0.5, 0]);
});
