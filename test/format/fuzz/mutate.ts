import type { Random } from '../../helpers/random.js';
import { assemble, fixChecksum, sectionsOf } from '../surgery.js';

type Mutation = (file: Uint8Array, r: Random, seeds: Uint8Array[]) => Uint8Array;

const NUMBERS = [
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

/** Up to eight flipped bits anywhere. */
const flipBits: Mutation = (file, r) => {
  const copy = file.slice();
  for (let count = r.int(1, 8); count > 0; count--) copy[r.int(0, copy.length - 1)] ^= 1 << r.int(0, 7);
  return copy;
};

/** One number of one, two or four bytes: a special one, or one near what stands there. */
const setNumber: Mutation = (file, r) => {
  const copy = file.slice();
  const width = r.pick([1, 2, 4]);
  const at = r.int(0, copy.length - width);
  const view = new DataView(copy.buffer);
  const before = [
    view.getUint8(at),
    width > 1 ? view.getUint16(at, true) : 0,
    0,
    width > 3 ? view.getUint32(at, true) : 0,
  ];
  const value = r.next() < 0.5 ? r.pick(NUMBERS) : before[width - 1] + r.int(-3, 3);
  for (let i = 0; i < width; i++) copy[at + i] = Math.floor(value / 256 ** i) & 255;
  return copy;
};

const truncate: Mutation = (file, r) => file.slice(0, r.int(0, file.length - 1));

/** A run of another seed's bytes over this one's. */
const splice: Mutation = (file, r, seeds) => {
  const other = r.pick(seeds);
  const copy = file.slice();
  const length = r.int(1, Math.min(64, other.length, copy.length));
  const from = r.int(0, other.length - length);
  copy.set(other.subarray(from, from + length), r.int(0, copy.length - length));
  return copy;
};

/** Bytes put into or taken out of one section, the section table set right. */
const resize: Mutation = (file, r) => {
  const sections = sectionsOf(file);
  if (sections.length < 4) return file.slice();
  const section = r.pick(sections);
  const at = r.int(0, section.bytes.length);
  const bytes = [...section.bytes];
  const added = Array.from({ length: r.int(0, 4) }, () => r.int(0, 255));
  bytes.splice(at, r.int(0, 4), ...added);
  section.bytes = Uint8Array.from(bytes);
  return assemble(sections);
};

/** A section of another seed, or two sections exchanged, or one twice. */
const shuffle: Mutation = (file, r, seeds) => {
  const sections = sectionsOf(file);
  if (sections.length < 4) return file.slice();
  const others = sectionsOf(r.pick(seeds));
  const a = r.int(0, sections.length - 1);
  const kind = r.int(0, 2);
  if (kind === 0) sections[a] = others.find((other) => other.kind === sections[a].kind) ?? sections[a];
  else if (kind === 1) sections.splice(a, 0, r.pick(sections));
  else [sections[0], sections[a]] = [sections[a], sections[0]];
  return assemble(sections);
};

/** A shape, a count or a byte count in the tensor, weight or node section: where the sizes of everything come from. */
const editSection: Mutation = (file, r, seeds) => {
  const sections = sectionsOf(file);
  if (sections.length < 4) return file.slice();
  const section = sections[r.int(1, 3)];
  if (section.bytes.length < 5) return file.slice();
  section.bytes = r.pick([setNumber, setNumber, flipBits])(section.bytes, r, seeds);
  return assemble(sections);
};

const MUTATIONS = [
  flipBits,
  setNumber,
  truncate,
  splice,
  resize,
  shuffle,
  ...Array<Mutation>(9).fill(editSection),
];

/** One to three mutations of a seed; in most cases with size and checksum set right, so that the reader goes on to look at the content. */
export function mutate(r: Random, seeds: Uint8Array[]): Uint8Array {
  let file = r.pick(seeds);
  for (let count = r.pick([1, 1, 1, 2, 3]); count > 0; count--) {
    const before = file;
    try {
      file = r.pick(MUTATIONS)(before, r, seeds);
    } catch (error) {
      // A file already broken has no sections to work on.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  if (file.length < 16 || r.next() < 0.1) return file;
  const fixed = file.slice();
  new DataView(fixed.buffer).setUint32(8, fixed.length, true);
  return fixChecksum(fixed);
}
