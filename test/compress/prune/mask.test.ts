import t from 'tap';
import {
  blockGrid,
  blockScores,
  criteria,
  cutMasks,
  elementMask,
  forEachElement,
  keepLargest,
  keptBlocks,
} from '../../../src/compress/prune/index.js';
import { random, SEED } from '../../helpers/random.js';

const total = (masks: Uint8Array[]): number =>
  masks.reduce((sum, mask) => sum + mask.reduce((a, b) => a + b, 0), 0);

t.test('blocks are numbered as FORMAT.md says, edges included', (t) => {
  const shape = [3, 2, 1, 5];
  const grid = blockGrid(shape, [2, 2]);
  t.equal(grid.count, 2 * 2 * 3);
  forEachElement(grid, (element, block) => {
    const i = element % 5;
    const tap = Math.floor(element / 5) % 2;
    const o = Math.floor(element / 10);
    t.equal(block, (Math.floor(o / 2) * 2 + tap) * 3 + Math.floor(i / 2));
  });
  t.equal(blockGrid([4, 6], [4, 2]).count, 3);
  t.end();
});

t.test('a block scores the mean of its elements', (t) => {
  const kernel = { shape: [3, 2], values: Float32Array.of(1, -2, 3, -4, 5, 7) };
  const grid = blockGrid(kernel.shape, [2, 2]);
  t.same([...blockScores(kernel, grid, criteria.magnitude)], [2.5, 6]);
  t.end();
});

t.test(`exactly as many as asked for, the largest ones (SEED=${SEED})`, (t) => {
  const { int, normal, pick } = random();
  for (let round = 0; round < 200; round++) {
    // Few distinct values make many ties.
    const draw = pick([normal, () => int(0, 3), () => 0]);
    const scores = Array.from({ length: int(1, 3) }, () => Float64Array.from({ length: int(1, 40) }, draw));
    const keep = int(
      0,
      scores.reduce((sum, s) => sum + s.length, 0),
    );
    const marks = keepLargest(scores, keep);
    t.equal(total(marks), keep);
    const flat = (kept: number): number[] =>
      scores.flatMap((array, a) => Array.from(array).filter((_, i) => marks[a][i] === kept));
    t.ok(Math.min(...flat(1)) >= Math.max(...flat(0)), 'no pruned score beats a kept one');
  }
  t.end();
});

t.test('of equal scores the earlier stay', (t) => {
  const scores = [Float64Array.of(1, 1), Float64Array.of(2, 1, 1)];
  t.same(
    keepLargest(scores, 3).map((marks) => Array.from(marks)),
    [
      [1, 1],
      [1, 0, 0],
    ],
  );
  t.end();
});

t.test('layer and global scope', (t) => {
  const weak = { shape: [10, 10], values: new Float32Array(100).fill(0.1) };
  const strong = { shape: [10, 10], values: new Float32Array(100).fill(1) };
  const kept = (sparsity: number | number[]): number[] =>
    cutMasks([weak, strong], { block: [1, 1] }, criteria.magnitude, { sparsity }).map((mask) =>
      total([mask]),
    );
  t.same(kept(0.5), [0, 100]);
  t.same(kept([0.5, 0.9]), [50, 10]);
  t.end();
});

t.test('blocks stay or go whole', (t) => {
  const { normal } = random();
  const kernel = { shape: [7, 3, 3, 5], values: Float32Array.from({ length: 315 }, normal) };
  const [mask] = cutMasks([kernel], { block: [4, 2] }, criteria.magnitude, { sparsity: [0.75] });
  const grid = blockGrid(kernel.shape, [4, 2]);
  const first = new Map<number, number>();
  forEachElement(grid, (element, block) => {
    if (!first.has(block)) first.set(block, mask[element]);
    t.equal(mask[element], first.get(block));
  });
  t.equal(
    [...first.values()].reduce((a, b) => a + b),
    keptBlocks(grid.count, 0.75),
  );
  t.same(
    elementMask(
      grid,
      Uint8Array.from({ length: grid.count }, (_, b) => first.get(b)!),
    ),
    mask,
  );
  t.end();
});

t.test('LAMP: w^2 by the sum of what is not smaller; 1 for the largest of every layer', (t) => {
  const scores = Float64Array.of(1, 9, 4, 0);
  criteria.lamp.normalize!(scores);
  t.same([...scores], [1 / 14, 1, 4 / 13, 0]);
  const masks = cutMasks(
    [
      { shape: [1, 2], values: Float32Array.of(1e-3, 1e-4) },
      { shape: [1, 4], values: Float32Array.of(3, 2, 2, 2) },
    ],
    { block: [1, 1] },
    criteria.lamp,
    { sparsity: 0.5 },
  );
  t.same(
    masks.map((mask) => mask[0]),
    [1, 1],
    'no layer is cut off',
  );
  t.end();
});
