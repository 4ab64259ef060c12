import t from 'tap';
import { removalLosses } from '../../../src/compress/one-shot/exact-obs.js';
import { solveMasked } from '../../../src/compress/one-shot/least-squares.js';
import { inverseOf } from '../../../src/compress/one-shot/linear-algebra.js';
import { dot, randomHessian, randomVector, times } from '../../helpers/matrices.js';
import { random, SEED } from '../../helpers/random.js';

const r = random();

/** `min (w - v)' H (w - v)` over v that are 0 outside the mask, by least squares from scratch. */
function errorOf(hessian: Float64Array, row: Float64Array, mask: Uint8Array): number {
  const best = solveMasked(hessian, times(hessian, row), mask);
  const change = row.map((w, i) => w - best[i]);
  return dot(change, times(hessian, change));
}

/** Greedy by trying everything: the unit whose removal leaves the least error goes, again and again. */
function plainOrder(
  hessian: Float64Array,
  rows: Float64Array[],
  units: number[][],
  mayLeave: (unit: number, gone: number[]) => boolean = () => true,
): { order: number[]; rises: number[] } {
  const mask = new Uint8Array(rows[0].length).fill(1);
  const [order, rises]: [number[], number[]] = [[], []];
  const error = (each: Uint8Array): number => rows.reduce((sum, row) => sum + errorOf(hessian, row, each), 0);
  for (;;) {
    const before = error(mask);
    let [least, best] = [Infinity, -1];
    for (let unit = 0; unit < units.length; unit++) {
      if (order.includes(unit) || !mayLeave(unit, order)) continue;
      const without = mask.slice();
      units[unit].forEach((k) => (without[k] = 0));
      const rise = error(without) - before;
      if (rise < least) [least, best] = [rise, unit];
    }
    if (best < 0) return { order, rises };
    units[best].forEach((k) => (mask[k] = 0));
    order.push(best);
    rises.push(least);
  }
}

/** Units that leave, in the order of their losses. */
function orderOf(losses: Float64Array): number[] {
  const leaving = Array.from(losses.keys()).filter((unit) => losses[unit] < Infinity);
  return leaving.sort((a, b) => losses[a] - losses[b]);
}

t.test('elements leave in the order of trying everything, each at its rise of the error', async (t) => {
  for (const n of [1, 2, 5, 9, 14]) {
    const hessian = randomHessian(n, r);
    const row = randomVector(n, r);
    const units = Array.from({ length: n }, (_, k) => [k]);
    const losses = removalLosses(inverseOf(hessian, n), [row], { columns: units });
    const { order, rises } = plainOrder(hessian, [row], units);
    t.same(orderOf(losses), order, `${n} columns, seed ${SEED}`);
    let dearest = 0;
    order.forEach((unit, step) => {
      dearest = Math.max(dearest, rises[step]);
      if (Math.abs(losses[unit] - dearest) > 1e-8 * (1 + dearest))
        t.fail(`unit ${unit}: ${losses[unit]}, not ${dearest}`);
    });
  }
});

t.test('blocks of two rows leave together', async (t) => {
  const n = 11;
  const hessian = randomHessian(n, r);
  const rows = [randomVector(n, r), randomVector(n, r)];
  const units = [[0, 1], [2, 3], [4], [5, 6], [7, 8], [9, 10]];
  const losses = removalLosses(inverseOf(hessian, n), rows, { columns: units });
  t.same(orderOf(losses), plainOrder(hessian, rows, units).order, `seed ${SEED}`);
});

t.test('of each pattern two stay', async (t) => {
  const n = 10;
  const hessian = randomHessian(n, r);
  const row = randomVector(n, r);
  const units = Array.from({ length: n }, (_, k) => [k]);
  const of = Uint32Array.from(units, (_, k) => Math.floor(k / 4));
  const losses = removalLosses(inverseOf(hessian, n), [row], { columns: units, patterns: { of, keep: 2 } });
  const share = (unit: number, gone: number[]): boolean =>
    gone.filter((k) => of[k] === of[unit]).length < (of[unit] < 2 ? 2 : 0);
  t.same(orderOf(losses), plainOrder(hessian, [row], units, share).order, `seed ${SEED}`);
  t.equal(orderOf(losses).length, 4, 'the rest of two stays whole');
});

t.test('by hand: with independent inputs the losses are h w^2, Optimal Brain Damage', async (t) => {
  const inverse = Float64Array.of(1 / 4, 0, 0, 1 / 9);
  const losses = removalLosses(inverse, [Float64Array.of(3, 1)], { columns: [[0], [1]] });
  t.same([...losses], [36, 9]);
});

t.test('by hand: of two inputs that are nearly the same, one takes over both weights', async (t) => {
  // H = [[2, 1], [1, 2]], w = (1, 1): removing either costs 1 / [H^-1]_00 = 3/2; then 2 (3/2)^2 is left to lose.
  const hessian = Float64Array.of(2, 1, 1, 2);
  const losses = removalLosses(inverseOf(hessian, 2), [Float64Array.of(1, 1)], { columns: [[0], [1]] });
  const [first, second] = losses.toSorted();
  t.ok(Math.abs(first - 1.5) < 1e-12 && Math.abs(second - 4.5) < 1e-12, `${losses}`);
  const [gone, kept] = solveMasked(hessian, Float64Array.of(3, 3), Uint8Array.of(0, 1));
  t.ok(gone === 0 && Math.abs(kept - 1.5) < 1e-12, `${kept}`);
});
