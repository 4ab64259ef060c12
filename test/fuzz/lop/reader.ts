import { LopError, readLop, type LopModel } from '../../../src/format/index.js';
import { elementLimit } from '../../../src/format/layout.js';
import { checkGraph } from '../../../src/ops/check.js';
import { isClear } from '../clear.js';
import type { SyncTarget } from '../target.js';

/** Of a file whose container is right, and whose operators are not. */
export const OPERATOR = 'checkGraph';

/**
 * `readLop`, then what a user does next: `checkGraph`, which refuses with a RangeError. Memory counted is that of the weights' arrays, the limit 4 bytes
 * an element.
 */
export const typescript: SyncTarget = {
  name: 'ts',
  read(file) {
    const memoryLimit = 4 * elementLimit(file.length);
    try {
      const model = readLop(file);
      const memory = [...model.weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
      return { accepted: true, code: operatorsAreRight(model) ? 'ok' : OPERATOR, memory, memoryLimit };
    } catch (error) {
      if (!(error instanceof LopError && isClear(error.message))) throw error;
      return { accepted: false, code: error.code, message: error.message, memory: 0, memoryLimit };
    }
  },
};

function operatorsAreRight(model: LopModel): boolean {
  try {
    checkGraph(model);
    return true;
  } catch (error) {
    if (error instanceof RangeError && isClear(error.message)) return false;
    throw error;
  }
}
