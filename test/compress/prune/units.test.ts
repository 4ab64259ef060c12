import t from 'tap';
import {
  criteria,
  cutMasks,
  elementMask,
  keepInRuns,
  keepPattern,
  storedBlock,
  unitGrid,
} from '../../../src/compress/prune/index.js';
import { random, SEED } from '../../helpers/random.js';

const kept = (mask: ArrayLike<number>): number => Array.from(mask).reduce((sum, mark) => sum + mark, 0);

t.test('a neuron is all taps and inputs of an output', async (t) => {
  const granularity = { unit: 'neuron', block: [1, 1] } as const;
  const grid = unitGrid([3, 2, 2, 5], granularity);
  t.equal(grid.count, 3);
  const mask = elementMask(grid, Uint8Array.of(1, 0, 1));
  t.same(
    [0, 1, 2].map((o) => kept(mask.subarray(20 * o, 20 * o + 20))),
    [20, 0, 20],
  );
  t.same(storedBlock([3, 2, 2, 5], granularity), [1, 5], 'rows are as long as the kernel');
  t.same(storedBlock([300, 784], granularity), [1, 16], 'and no block of a file is wider than 16');
  t.same(storedBlock([300, 784], { block: [2, 4] }), [2, 4]);
});

t.test('N:M by hand', async (t) => {
  const scores = Float64Array.of(4, 1, 3, 2, 9, 8, 7, 6, 1, 1, 1, 1);
  t.same(
    [...keepPattern(scores, 4, [2, 4], 1)],
    [1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 0, 0],
    'of equals the earlier',
  );
  t.same([...keepPattern(scores, 4, [1, 4], 1)], [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
  t.same(
    [...keepPattern(scores, 4, [1, 4], 0.34)],
    [1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0],
    'one of three is gone',
  );
  t.same([...keepPattern(scores, 6, [2, 4], 1)], [1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1], 'the rest of a row');
});

t.test(`N:M of kernels: n of each m inputs at each tap (SEED=${SEED})`, async (t) => {
  const { normal, int } = random();
  for (let round = 0; round < 20; round++) {
    const m = int(2, 8);
    const n = int(1, m - 1);
    const [outputs, taps, inputs] = [int(1, 4), int(1, 3), m * int(1, 3)];
    const values = Float32Array.from({ length: outputs * taps * inputs }, normal);
    const kernel = { shape: [outputs, taps, 1, inputs], values };
    const [mask] = cutMasks([kernel], { block: [1, 1], pattern: [n, m] }, criteria.magnitude, {
      sparsity: [0],
    });
    for (let at = 0; at < mask.length; at += m) {
      t.equal(kept(mask.subarray(at, at + m)), n);
      const group = Array.from(values.subarray(at, at + m), Math.abs);
      const least = Math.min(...group.filter((_, i) => mask[at + i] === 1));
      t.ok(group.every((value, i) => mask[at + i] === 1 || value <= least));
    }
  }
});

t.test('cuts by output are as exact as one cut', async (t) => {
  const { next } = random();
  for (const [length, rows, sparsity] of [
    [10, 7, 0.75],
    [3, 11, 0.5],
    [5, 4, 0.99],
  ] as const) {
    const scores = Float64Array.from({ length: length * rows }, next);
    const marks = keepInRuns(scores, length, sparsity);
    t.equal(kept(marks), Math.round(length * rows * (1 - sparsity)));
    for (let row = 0; row < rows; row++) {
      const own = kept(marks.subarray(row * length, (row + 1) * length));
      t.ok(Math.abs(own - length * (1 - sparsity)) <= 1, `${own} of ${length} at ${sparsity}`);
    }
  }
});

t.test('scope output: each row of blocks by itself', async (t) => {
  const values = Float32Array.from({ length: 32 }, (_, i) => (i < 16 ? 100 + i : i));
  const [mask] = cutMasks([{ shape: [4, 8], values }], { block: [2, 2] }, criteria.magnitude, {
    sparsity: [0.5],
    byOutput: true,
  });
  t.same([0, 1, 2, 3].map((o) => [...mask.subarray(8 * o, 8 * o + 8)]).map(kept), [4, 4, 4, 4]);
});
