import type { Test } from 'tap';
import { SEED } from '../../helpers/random.js';
import type { Case } from './cases.js';
import { compare } from './compare.js';

/** Relative to the largest output. */
const BOUND = 1e-4;

/** Runs each case in each of its opsets; a failure tells the seed and the case. */
export async function checkCases(t: Test, cases: readonly Case[]): Promise<void> {
  for (const { name, opsets, model, samples } of cases) {
    for (const opset of opsets) {
      const what = `${name}, opset ${opset} (SEED=${SEED})`;
      try {
        const { difference } = await compare(model, opset, samples);
        if (difference > BOUND) t.fail(`${what}: ${difference}`);
        else t.pass(what);
      } catch (error) {
        t.fail(`${what}: ${String(error)}`);
      }
    }
  }
}
