import { blockGrid, keptBlocks, keptElements } from './blocks.js';
import {
  CODED_POSITIONS,
  CODED_VALUES,
  VALUES_OF,
  type EncodedPositions,
  type EncodedWeight,
  type LopWeight,
  type Values,
} from './layout.js';
import { encodeCoded } from './coded-values.js';
import { encodeBitmap, encodeGaps, encodeModelled } from './positions.js';
import { ENCODERS, type NumberArray } from './values.js';

interface EncodedValues {
  values: Values;
  coded: boolean;
  bytes: Uint8Array;
}

/** Share of kept blocks from which on a weight may be stored as if none were pruned. */
const NEARLY_DENSE = 0.75;

/**
 * The smallest encoding of a weight: kept blocks with the smallest positions, or all blocks without positions. The
 * latter only where most are kept: range coded zeros can be a few bytes cheaper than a mask, but what was pruned should
 * be seen as pruned in the file. A block is kept where any of its elements is not zero, and stored with its zeros.
 * Of encodings of equal size the first in FORMAT.md's order wins; equal weights give equal bytes.
 */
export function encodeWeight(weight: LopWeight, entropy: boolean): EncodedWeight {
  const grid = blockGrid(weight);
  const mask = keptBlocks(grid, weight.data);
  const kept = mask.reduce((sum, bit) => sum + bit, 0);
  const candidates: EncodedWeight[] = [];
  const encode = (positions: EncodedPositions, blocks: Uint8Array): void => {
    const values = pick(weight.data, keptElements(grid, blocks));
    candidates.push(join(positions, smallestValues(values, weight.dtype, entropy)));
  };
  if (kept >= NEARLY_DENSE * grid.blocks) {
    encode(
      { positions: 'all', kept: grid.blocks, bytes: new Uint8Array(0) },
      new Uint8Array(grid.blocks).fill(1),
    );
  }
  if (kept < grid.blocks) encode(smallestPositions(mask, kept, grid.columns, entropy), mask);
  return smallest(candidates, ({ bytes, valueStream }) => bytes.length + valueStream.length);
}

function join(positions: EncodedPositions, { values, coded, bytes }: EncodedValues): EncodedWeight {
  const coding = (positions.positions === 'modelled' ? CODED_POSITIONS : 0) | (coded ? CODED_VALUES : 0);
  return { ...positions, values, coding, valueStream: bytes };
}

function smallestPositions(
  mask: Uint8Array,
  kept: number,
  columns: number,
  entropy: boolean,
): EncodedPositions {
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
