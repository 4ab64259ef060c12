import t from 'tap';
import { checkAgreement, relativeDistance } from '../../src/bench/agreement.js';

const of = (name: string, dtype: 'f32' | 'int8', ...values: number[]) => ({
  name,
  dtype,
  output: () => Float32Array.from(values),
});

const distance = (a: number[], b: number[]): number =>
  relativeDistance(Float32Array.from(a), Float32Array.from(b));

t.test('distance is relative to the longer of the two', async (t) => {
  t.equal(distance([3, 4], [3, 4]), 0);
  t.equal(distance([0, 0], [0, 0]), 0);
  t.equal(distance([3, 4], [0, 0]), 1);
  t.equal(distance([3, 4], [3, 0]), 0.8);
  t.ok(Number.isNaN(distance([NaN], [1])));
});

t.test('who disagrees with the first in f32 is named, and nothing is timed', async (t) => {
  const judge = of('a', 'f32', 1, 2, 3);
  checkAgreement('net', [judge, of('b', 'f32', 1, 2, 3.00001), of('c', 'int8', 1.1, 2, 2.8)]);
  checkAgreement('net', [of('c', 'int8', 9)]);
  const refused = (other: Parameters<typeof checkAgreement>[1][number], message: RegExp) =>
    t.throws(() => checkAgreement('net', [of('c', 'int8', 1, 2, 3), judge, other]), { message });
  refused(
    of('b', 'f32', 1, 2, 3.1),
    /net: expected the results of b \(f32\) within 0.0001 of those of a, got 0.02/,
  );
  refused(of('d', 'int8', -1, 2, -3), /results of d \(int8\) within 0.5 of those of a, got 1.69/);
  refused(of('b', 'f32', 1, 2), /got Infinity/);
  refused(of('b', 'f32', 1, NaN, 3), /got NaN/);
});
