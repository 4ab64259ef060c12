/** An architecture with random weights gives the same bits in the runtime as in the plain reference. */
import type { Test } from 'tap';
import { makeVariant, randomInput, type Variant } from '../../src/bench/synthetic/index.js';
import { readLop } from '../../src/format/index.js';
import { runReference } from '../../src/reference/run.js';
import { load } from '../../src/runtime/node.js';
import { SEED } from '../helpers/random.js';

/** Runs each variant in both, int8 bit for bit; f32 within what sums in another order may differ by, layer upon layer. */
export async function compareVariants(t: Test, name: string, variants: readonly Variant[]): Promise<void> {
  for (const variant of variants) {
    const { dtype, sparsity, block } = variant;
    const what = `${name}, ${dtype}, ${sparsity} in ${block.join('x')} (seed ${SEED})`;
    const { bytes } = makeVariant(name, variant, SEED);
    const graph = readLop(bytes);
    const length = graph.tensors.get(graph.inputs[0])!.shape.reduce((a, b) => a * b, 1);
    const input = randomInput(length, SEED);
    const [want] = runReference(graph, [input]);
    const model = await load(bytes, { build: 'simd128' });
    const got = model.run(input)[0].slice();
    const again = model.run(input)[0];
    t.same([...again], [...got], `${what}: a second run gives the same`);
    if (dtype === 'int8') t.same([...got], [...want], `${what}: bit-identical`);
    else {
      const largest = Math.max(...[...want].map(Math.abs));
      const worst = Math.max(...[...got].map((value, i) => Math.abs(value - want[i]))) / largest;
      t.ok(
        worst < 2 ** -16,
        `${what}: within 2^-16 of the largest score, got 2^${Math.log2(worst).toFixed(1)}`,
      );
    }
    model.dispose();
  }
}

/** What the tables of docs/performance.md time, and the blocks beside them. */
export const INT8: Variant[] = [
  { dtype: 'int8', sparsity: 0, block: [1, 1] },
  { dtype: 'int8', sparsity: 0.8, block: [2, 2] },
  { dtype: 'int8', sparsity: 0.9, block: [2, 2] },
  { dtype: 'int8', sparsity: 0.9, block: [1, 1] },
];
export const OTHERS: Variant[] = [
  { dtype: 'int8', sparsity: 0.7, block: [1, 2] },
  { dtype: 'int8', sparsity: 0.9, block: [4, 2] },
  { dtype: 'f32', sparsity: 0, block: [1, 1] },
  { dtype: 'f32', sparsity: 0.9, block: [2, 1] },
];
