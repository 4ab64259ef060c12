import type { Case } from '../case.js';
import type { Failure } from '../check.js';
import { isValid } from './edit.js';
import { PASSES, type Pass } from './passes.js';

export interface Shrunk {
  case: Case;
  failure: Failure;
  /** Cases that were run. */
  tries: number;
}

/**
 * Makes a failing case smaller as long as it fails in the same way (Zeller and Hildebrandt 2002, by the passes that a graph has): greedily, a
 * smaller case that fails takes the place of the one before.
 * @param fails runs a case
 * @param most cases to run
 */
export async function shrink(
  start: Case,
  failure: Failure,
  fails: (c: Case) => Promise<Failure | undefined>,
  most = 2000,
): Promise<Shrunk> {
  const shrunk: Shrunk = { case: start, failure, tries: 0 };
  /** Whether a smaller case took its place. */
  const step = async (pass: Pass): Promise<boolean> => {
    for (const smaller of pass(shrunk.case)) {
      if (shrunk.tries >= most) return false;
      if (!isValid(smaller)) continue;
      shrunk.tries++;
      const next = await fails(smaller);
      if (!next || !alike(next, failure)) continue;
      Object.assign(shrunk, { case: smaller, failure: next });
      return true;
    }
    return false;
  };
  for (let smaller = true; smaller;) {
    smaller = false;
    for (const pass of PASSES) while (await step(pass)) smaller = true;
  }
  return shrunk;
}

/** Another fault on the way is another case. */
function alike(a: Failure, b: Failure): boolean {
  return a.executor === b.executor && a.kind === b.kind && a.op === b.op;
}
