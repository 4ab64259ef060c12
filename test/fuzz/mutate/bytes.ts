import type { Random } from '../../helpers/random.js';
import { several, type Mutator } from './mutate.js';

export const NUMBERS = [
  0,
  1,
  2,
  3,
  4,
  5,
  127,
  128,
  254,
  255,
  256,
  65535,
  65536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];

/** A place in the file, the first 4 KB in half of the cases: structure lies there. */
function place(length: number, r: Random): number {
  return r.int(0, (r.next() < 0.5 ? Math.min(length, 4096) : length) - 1);
}

/** Up to eight flipped bits anywhere. */
export const flipBits: Mutator = (file, r) => {
  const copy = file.slice();
  if (copy.length === 0) return copy;
  for (let count = r.pick([1, 1, 2, 4, 8]); count > 0; count--)
    copy[place(copy.length, r)] ^= 1 << r.int(0, 7);
  return copy;
};

/** One number of one, two, four or eight bytes: a special one, or one near what stands there. */
export const setNumber: Mutator = (file, r) => {
  const copy = file.slice();
  const width = r.pick([1, 2, 4, 4, 8].filter((bytes) => bytes <= copy.length));
  if (!width) return copy;
  const at = r.int(0, copy.length - width);
  let value = r.pick(NUMBERS);
  if (r.next() < 0.5) {
    value = r.int(-3, 3);
    for (let i = 0; i < width; i++) value += copy[at + i] * 256 ** i;
  }
  for (let i = 0; i < width; i++) copy[at + i] = Math.floor(value / 256 ** i) & 255;
  return copy;
};

export const truncate: Mutator = (file, r) => file.slice(0, r.int(0, Math.max(0, file.length - 1)));

/** A run of another file's bytes over this one's. */
export const splice: Mutator = (file, r, pool) => {
  const other = pool.pick(r);
  const copy = file.slice();
  const most = Math.min(64, other.length, copy.length);
  if (most === 0) return copy;
  const length = r.int(1, most);
  const from = r.int(0, other.length - length);
  copy.set(other.subarray(from, from + length), r.int(0, copy.length - length));
  return copy;
};

/** A run of bytes doubled, moved or taken out. */
export const move: Mutator = (file, r) => {
  if (file.length < 2) return file.slice();
  const length = r.int(1, Math.min(r.pick([4, 64, 1024]), file.length));
  const from = r.int(0, file.length - length);
  const run = file.subarray(from, from + length);
  const at = r.int(0, file.length);
  const inserted = r.next() < 0.5 ? run : new Uint8Array(0);
  const removed = r.next() < 0.5 ? length : 0;
  return new Uint8Array(Buffer.concat([file.subarray(0, at), inserted, file.subarray(at + removed)]));
};

/** A text that the reader knows, over what is there. */
export const word: Mutator = (file, r, { words }) => {
  const copy = file.slice();
  if (words.length === 0) return copy;
  const bytes = new TextEncoder().encode(r.pick(words));
  if (bytes.length <= copy.length) copy.set(bytes, r.int(0, copy.length - bytes.length));
  return copy;
};

/** Most kinds of change; what follows an insertion lies elsewhere than offsets say. */
export const mutateBytes = several([
  flipBits,
  flipBits,
  setNumber,
  setNumber,
  setNumber,
  splice,
  move,
  truncate,
  word,
]);

/** For formats of offsets, in which everything keeps its place. */
export const mutateInPlace = several([flipBits, setNumber, setNumber, splice, word]);
