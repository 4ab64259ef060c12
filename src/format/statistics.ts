import { blockGrid, keptBlocks, keptElements } from './blocks.js';
import { decodeWeight } from './decode.js';
import { binaryEntropy, valueBits } from './entropy.js';
import type { LopDType, LopNode, Positions, StoredWeight, Values } from './layout.js';
import { readStored } from './read.js';

/** How one weight is stored, and how near that comes to its entropy. */
export interface WeightStatistics {
  /** The weight's. */
  name: string;
  /** What the first node that uses it uses it as; '' where none does. */
  role: string;
  /** Of the weight, kept or not. */
  shape: number[];
  /** Of its elements. */
  dtype: LopDType;
  /** Elements. */
  params: number;
  /** Elements of kept blocks, zeros among them included. */
  kept: number;
  /** 1 - kept / params. */
  sparsity: number;
  /** Outputs by inputs that are kept or pruned together. */
  block: [number, number];
  /** On disk: positions, values, and the record that describes them. */
  bytes: number;
  /** On disk: which blocks are kept. */
  position_bytes: number;
  /** On disk: the elements of kept blocks. */
  value_bytes: number;
  /** The encoding of which blocks are kept. */
  positions: Positions;
  /** The encoding of the elements. */
  values: Values;
  /** What is range coded. */
  coding: 'none' | 'positions' | 'values' | 'positions and values';
  /**
   * Bits of the mask at its density, `blocks * H(kept blocks / blocks)`, plus the entropy of the kept elements (`valueBits`), in
   * bytes. No encoding of independent blocks and values does better on average; the modelled bitmap may, because
   * masks have structure.
   */
  entropy_bound_bytes: number;
}

/** The totals leave out what quantization adds and the f32 model does not have: weights in the role `scale`. */
export interface LopStatistics {
  /** The whole file. */
  file_bytes: number;
  /** Four bytes a parameter. */
  dense_f32_bytes: number;
  /** Elements of all counted weights. */
  params: number;
  /** Of those, what is in kept blocks. */
  kept: number;
  /** 1 - kept / params, in [0, 1]. */
  sparsity: number;
  /** Sum over all weights, scales too. */
  entropy_bound_bytes: number;
  /** In the order of the file. */
  weights: WeightStatistics[];
}

const CODING = ['none', 'positions', 'values', 'positions and values'] as const;

/** Sizes, sparsity and entropy of every weight of a `.lop` file. Throws LopError where the file is broken. */
export function lopStatistics(file: Uint8Array): LopStatistics {
  const stored = readStored(file);
  const roles = rolesOf(stored.nodes);
  const weights = [...stored.weights.values()].map((weight) =>
    statistics(weight, roles.get(weight.name) ?? ''),
  );
  const counted = weights.filter(({ role }) => role !== 'scale');
  const params = counted.reduce((sum, weight) => sum + weight.params, 0);
  const kept = counted.reduce((sum, weight) => sum + weight.kept, 0);
  return {
    file_bytes: file.length,
    dense_f32_bytes: 4 * params,
    params,
    kept,
    sparsity: params > 0 ? 1 - kept / params : 0,
    entropy_bound_bytes: weights.reduce((sum, weight) => sum + weight.entropy_bound_bytes, 0),
    weights,
  };
}

function rolesOf(nodes: LopNode[]): Map<string, string> {
  const roles = new Map<string, string>();
  for (const node of nodes) {
    for (const [role, name] of Object.entries(node.weights)) if (!roles.has(name)) roles.set(name, role);
  }
  return roles;
}

function statistics(stored: StoredWeight, role: string): WeightStatistics {
  const { name, shape, dtype, block, positions, values, coding } = stored;
  const data = decodeWeight(stored, `weight '${name}'`);
  const grid = blockGrid(stored);
  const mask = keptBlocks(grid, data);
  const density = mask.reduce((sum, bit) => sum + bit, 0) / grid.blocks;
  const kept = Float64Array.from(keptElements(grid, mask), (index) => data[index]);
  const bits = grid.blocks * binaryEntropy(density) + valueBits(kept, widthOf(stored));
  return {
    name,
    role,
    shape,
    dtype,
    params: data.length,
    kept: kept.length,
    sparsity: 1 - kept.length / data.length,
    block,
    bytes: recordBytes(shape) + stored.bytes.length + stored.valueStream.length,
    position_bytes: stored.bytes.length,
    value_bytes: stored.valueStream.length,
    positions,
    values,
    coding: CODING[coding],
    entropy_bound_bytes: bits / 8,
  };
}

/** Bits of a value where it stands for itself. */
function widthOf({ dtype, values }: StoredWeight): number {
  if (dtype === 'i8') return 8;
  return values === 'f16' || values === 'i16' ? 16 : 32;
}

/** Name, dtype, rank, dimensions, block, encodings and three counts. */
function recordBytes(shape: number[]): number {
  return 2 + 1 + 1 + 4 * shape.length + 2 + 3 + 12;
}
