import { packBits, paddingIsZero, unpackBits } from './bits.js';
import { refuse } from './error.js';
import type { BlockGrid } from './blocks.js';
import type { EncodedPositions, Positions } from './layout.js';
import { codeMask } from './mask-model.js';
import { RangeDecoder, RangeEncoder } from './range-coder.js';

/** Marks one pruned-run count of 255 that goes on in the next byte. */
const GAP_GOES_ON = 255;

export function encodeGaps(mask: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  let gap = 0;
  for (const bit of mask) {
    if (bit) {
      for (; gap >= GAP_GOES_ON; gap -= GAP_GOES_ON) bytes.push(GAP_GOES_ON);
      bytes.push(gap);
      gap = 0;
    } else gap++;
  }
  return Uint8Array.from(bytes);
}

export function encodeBitmap(mask: Uint8Array): Uint8Array {
  return packBits(mask, 1);
}

export function encodeModelled(mask: Uint8Array, columns: number): Uint8Array {
  const encoder = new RangeEncoder();
  codeMask(encoder, mask, mask.length / columns, columns);
  return encoder.finish();
}

/** One byte a block. Refuses what does not end exactly, or keeps another number of blocks than `kept`. */
export function decodePositions(encoded: EncodedPositions, grid: BlockGrid, what: string): Uint8Array {
  const mask = DECODERS[encoded.positions](encoded, grid, what);
  const kept = mask.reduce((sum, bit) => sum + bit, 0);
  if (kept !== encoded.kept) refuse('positions', `${what}: kept blocks`, encoded.kept, kept);
  return mask;
}

const DECODERS: Record<Positions, (encoded: EncodedPositions, grid: BlockGrid, what: string) => Uint8Array> =
  {
    all: ({ bytes }, { blocks }, what) => {
      expectBytes(bytes, 0, what);
      return new Uint8Array(blocks).fill(1);
    },
    bitmap: ({ bytes }, { blocks }, what) => {
      expectBytes(bytes, Math.ceil(blocks / 8), what);
      if (!paddingIsZero(bytes, blocks)) refuse('positions', `${what}: bits after the last block`, 0, 1);
      return unpackBits(bytes, 1, blocks);
    },
    gaps: decodeGaps,
    modelled: ({ bytes }, { rows, columns }, what) => {
      const mask = new Uint8Array(rows * columns);
      const decoder = new RangeDecoder(bytes);
      codeMask(decoder, mask, rows, columns);
      decoder.end('positions', what);
      return mask;
    },
  };

function decodeGaps({ bytes }: EncodedPositions, { blocks }: BlockGrid, what: string): Uint8Array {
  const mask = new Uint8Array(blocks);
  let block = 0;
  for (const byte of bytes) {
    block += byte;
    if (byte === GAP_GOES_ON) continue;
    if (block >= blocks) refuse('positions', `${what}: kept block`, `below ${blocks}`, block);
    mask[block++] = 1;
  }
  if (bytes[bytes.length - 1] === GAP_GOES_ON) {
    refuse('positions', `${what}: last gap`, 'a byte below 255', GAP_GOES_ON);
  }
  return mask;
}

function expectBytes(bytes: Uint8Array, expected: number, what: string): void {
  if (bytes.length !== expected) refuse('positions', `${what}: bytes of positions`, expected, bytes.length);
}
