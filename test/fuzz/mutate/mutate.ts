import type { Random } from '../../helpers/random.js';

/** What mutations draw on. */
export interface Pool {
  /** Another file of the same kind. */
  pick(r: Random): Uint8Array;
  /** Texts that the reader has compared with. */
  words: readonly string[];
}

/** A file made from another; never the same object, and broken or not as it falls. */
export type Mutator = (file: Uint8Array, r: Random, pool: Pool) => Uint8Array;

/** One to four mutations of these, one after another. */
export function several(mutations: readonly Mutator[]): Mutator {
  return (file, r, pool) => {
    let made = file;
    for (let count = r.pick([1, 1, 1, 2, 3, 4]); count > 0; count--) made = r.pick(mutations)(made, r, pool);
    return made;
  };
}
