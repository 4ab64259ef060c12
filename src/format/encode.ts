import { blockGrid, keptBlocks, keptElements } from './blocks.js';
import { CODED_POSITIONS, CODED_VALUES, VALUES_OF, type LopWeight, type Values } from './layout.js';
import { encodeCoded } from './coded-values.js';
import { encodeBitmap, encodeGaps, encodeModelled, type EncodedPositions } from './positions.js';
import { ENCODERS, type NumberArray } from './values.js';

/** One weight as it stands on disk. */
export interface EncodedWeight extends EncodedPositions {
  values: Values;
  /** Bits `CODED_POSITIONS` and `CODED_VALUES`. */
  coding: number;
  valueStream: Uint8Array;
}

interface EncodedValues {
  values: Values;
  coded: boolean;
  bytes: Uint8Array;
}

/**
 * The smallest encoding of a weight: every kept block with the smallest positions, or all blocks without positions.
 * A block is kept where any of its elements is not zero, so zeros inside a kept block are stored.
 * Of encodings of equal size the first in FORMAT.md's order wins; equal weights give equal bytes.
 */
export function encodeWeight(weight: LopWeight, entropy: boolean): EncodedWeight {
  const grid = blockGrid(weight);
  const mask = keptBlocks(grid, weight.data);
  const sparse = smallestPositions(mask, grid.columns, entropy);
  const kept = pick(weight.data, keptElements(grid, mask));
  const candidates = [join(sparse, smallestValues(kept, weight.dtype, entropy))];
  if (sparse.kept === grid.blocks) candidates.length = 0;
  const all: EncodedPositions = { positions: 'all', kept: grid.blocks, bytes: new Uint8Array(0) };
  const ordered = sparse.kept === grid.blocks ? kept : pick(weight.data, keptElements(grid, mask.fill(1)));
  candidates.unshift(join(all, smallestValues(ordered, weight.dtype, entropy)));
  return smallest(candidates, ({ bytes, valueStream }) => bytes.length + valueStream.length);
}

function join(positions: EncodedPositions, { values, coded, bytes }: EncodedValues): EncodedWeight {
  const coding = (positions.positions === 'modelled' ? CODED_POSITIONS : 0) | (coded ? CODED_VALUES : 0);
  return { ...positions, values, coding, valueStream: bytes };
}

function smallestPositions(mask: Uint8Array, columns: number, entropy: boolean): EncodedPositions {
  const kept = mask.reduce((sum, bit) => sum + bit, 0);
  const candidates: EncodedPositions[] = [
    { positions: 'bitmap', kept, bytes: encodeBitmap(mask) },
    { positions: 'gaps', kept, bytes: encodeGaps(mask) },
  ];
  if (entropy) candidates.push({ positions: 'modelled', kept, bytes: encodeModelled(mask, columns) });
  return smallest(candidates, ({ bytes }) => bytes.length);
}

function smallestValues(kept: NumberArray, dtype: LopWeight['dtype'], entropy: boolean): EncodedValues {
  const candidates: EncodedValues[] = [];
  for (const values of VALUES_OF[dtype]) {
    const bytes = ENCODERS[values](kept, dtype);
    if (bytes) candidates.push({ values, coded: false, bytes });
    const coded = bytes && entropy ? encodeCoded(values, bytes, kept, dtype) : undefined;
    if (coded) candidates.push({ values, coded: true, bytes: coded });
  }
  return smallest(candidates, ({ bytes }) => bytes.length);
}

function pick(data: NumberArray, indices: Uint32Array): NumberArray {
  const picked = data.slice(0, indices.length);
  for (let i = 0; i < indices.length; i++) picked[i] = data[indices[i]];
  return picked;
}

function smallest<T>(candidates: T[], size: (candidate: T) => number): T {
  return candidates.reduce((best, next) => (size(next) < size(best) ? next : best));
}
