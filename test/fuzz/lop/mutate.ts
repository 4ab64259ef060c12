import { assemble, fixChecksum, sectionsOf } from '../../format/surgery.js';
import { flipBits, setNumber, splice, truncate } from '../mutate/bytes.js';
import type { Mutator } from '../mutate/mutate.js';

/** Bytes put into or taken out of one section, the section table set right. */
const resize: Mutator = (file, r) => {
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
const shuffle: Mutator = (file, r, pool) => {
  const sections = sectionsOf(file);
  if (sections.length < 4) return file.slice();
  const others = sectionsOf(pool.pick(r));
  const a = r.int(0, sections.length - 1);
  const kind = r.int(0, 2);
  if (kind === 0) sections[a] = others.find((other) => other.kind === sections[a].kind) ?? sections[a];
  else if (kind === 1) sections.splice(a, 0, r.pick(sections));
  else [sections[0], sections[a]] = [sections[a], sections[0]];
  return assemble(sections);
};

/** A shape, a count or a byte count in the tensor, weight or node section: where the sizes of everything come from. */
const editSection: Mutator = (file, r, pool) => {
  const sections = sectionsOf(file);
  if (sections.length < 4) return file.slice();
  const section = sections[r.int(1, 3)];
  if (section.bytes.length < 5) return file.slice();
  section.bytes = r.pick([setNumber, setNumber, flipBits])(section.bytes, r, pool);
  return assemble(sections);
};

const MUTATIONS = [
  flipBits,
  setNumber,
  truncate,
  splice,
  resize,
  shuffle,
  ...Array<Mutator>(9).fill(editSection),
];

/** One to three mutations; in most cases with size and checksum set right, so that the reader goes on to look at the content. */
export const mutateLop: Mutator = (file, r, pool) => {
  let made = file;
  for (let count = r.pick([1, 1, 1, 2, 3]); count > 0; count--) {
    try {
      made = r.pick(MUTATIONS)(made, r, pool);
    } catch (error) {
      // A file already broken has no sections to work on.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return r.next() < 0.1 ? made : repaired(made);
};

/** A copy with size and checksum set right. */
export function repaired(file: Uint8Array): Uint8Array {
  const copy = file.slice();
  if (copy.length < 16) return copy;
  new DataView(copy.buffer).setUint32(8, copy.length, true);
  return fixChecksum(copy);
}
