/** An architecture as a `.lop`: pruned to some sparsity in some block, int8 or f32. `int7` is int8 with activations behind a relu in 0..127. */
import { writeLop, type LopModel } from '../../format/index.js';
import { buildArchitecture } from '../architectures/index.js';
import { quantizeModel } from './quantize.js';
import { drawWeights } from './weights.js';

export interface Variant {
  dtype: 'int8' | 'int7' | 'f32';
  /** Zeros among the prunable kernels' blocks, in [0, 1). */
  sparsity: number;
  /** Outputs by inputs. */
  block: readonly [number, number];
}

export interface VariantOptions {
  sparsities: readonly number[];
  blocks: readonly (readonly [number, number])[];
  dtypes: readonly Variant['dtype'][];
}

/** Every combination; a dense one has no block, so there is one of them for each type. */
export function variantsOf({ sparsities, blocks, dtypes }: VariantOptions): Variant[] {
  return dtypes.flatMap((dtype) =>
    sparsities.flatMap((sparsity) =>
      sparsity === 0
        ? [{ dtype, sparsity, block: [1, 1] as const }]
        : blocks.map((block) => ({ dtype, sparsity, block })),
    ),
  );
}

/** The graph and the file of one variant. Stored without range coding, which random weights gain nothing by. */
export function makeVariant(
  architecture: string,
  { dtype, sparsity, block }: Variant,
  seed: number,
): { graph: LopModel; bytes: Uint8Array } {
  const f32 = drawWeights(buildArchitecture(architecture), { sparsity, block, seed });
  const bits = dtype === 'int7' ? 7 : 8;
  const graph = dtype === 'f32' ? f32 : quantizeModel(f32, bits);
  const metadata = { architecture, sparsity, block: block.join('x'), seed };
  graph.metadata = bits === 7 ? { ...metadata, activationBits: bits } : metadata;
  return { graph, bytes: writeLop(graph, { entropy: false }) };
}
