import t from 'tap';
import { elements, transposed } from '../../src/graph/index.js';
import { random, SEED } from '../helpers/random.js';

/** numpy's definition, element by element. */
function plain(data: Float32Array, shape: number[], permutation: number[]): Float32Array {
  const to = permutation.map((axis) => shape[axis]);
  return data.map((_, index) => {
    const at = to.map((dim, i) => Math.floor(index / elements(to.slice(i + 1))) % dim);
    const source = shape.map((_, axis) => at[permutation.indexOf(axis)]);
    return data[source.reduce((sum, position, axis) => sum * shape[axis] + position, 0)];
  });
}

t.test('numpy', async (t) => {
  t.same(transposed(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], [1, 0]), Float32Array.of(1, 4, 2, 5, 3, 6));
  t.same(transposed(Int8Array.of(7), [], []), Int8Array.of(7));
  t.same(transposed(new Float32Array(0), [0, 3], [1, 0]), new Float32Array(0));
  const data = Float32Array.of(1, 2);
  t.not(transposed(data, [2], [0]), data, 'a copy');
});

t.test('random shapes and orders, lengths around the block of 32', async (t) => {
  const r = random();
  for (let trial = 0; trial < 300; trial++) {
    const rank = r.int(1, 5);
    const shape = Array.from({ length: rank }, () =>
      rank < 4 ? r.pick([1, 2, 5, 31, 32, 33]) : r.int(1, 6),
    );
    const permutation = shape.map((_, axis) => axis);
    permutation.sort(() => r.next() - 0.5);
    const data = Float32Array.from({ length: elements(shape) }, (_, i) => i);
    const same = Buffer.compare(
      Buffer.from(transposed(data, shape, permutation).buffer),
      Buffer.from(plain(data, shape, permutation).buffer),
    );
    if (same !== 0) t.fail(`[${shape}] by [${permutation}] (SEED=${SEED})`);
  }
  t.pass();
});
