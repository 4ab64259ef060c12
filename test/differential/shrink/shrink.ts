import type { Case } from '../case.js';
import type { Failure } from '../check.js';
import { isValid } from './edit.js';
import { PASSES } from './passes.js';

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
  const step = async (): Promise<boolean> => {
    for (const pass of PASSES) {
      for (const smaller of pass(shrunk.case)) {
        if (!isValid(smaller)) continue;
        if (shrunk.tries++ >= most) return false;
        const next = await fails(smaller);
        if (!next || !alike(next, failure)) continue;
        Object.assign(shrunk, { case: smaller, failure: next });
        return true;
      }
    }
    return false;
  };
  while (await step());
  return shrunk;
}

/** Another fault on the way is another case. */
function alike(a: Failure, b: Failure): boolean {
  return a.executor === b.executor && a.kind === b.kind && a.op === b.op;
}
