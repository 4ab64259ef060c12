/** Every operator of the importer against TensorFlow Lite itself: see golden.ts. */
import t, { type Test } from 'tap';
import { importTflite } from '../../../src/import/tflite.js';
import { checkGraph } from '../../../src/ops/check.js';
import { runReference } from '../../../src/reference/index.js';
import { CASES, modelOf, valuesOf } from './cases.js';
import { goldenOf } from './golden.js';

const BOUND = 2 ** -18;
const golden = await goldenOf('golden.json', CASES);

for (const testCase of CASES) {
  t.test(testCase.name, async (t) => {
    const graph = importTflite(modelOf(testCase), testCase.name);
    checkGraph(graph);
    const got = runReference(graph, valuesOf(testCase));
    golden.get(testCase.name)!.forEach((want, i) => compare(t, got[i] as Float32Array, want));
  });
}

/** Within `2^-18 * max(1, |y|)`: both sides round in f32, functions to 2^-20. */
function compare(t: Test, got: Float32Array, want: Float32Array): void {
  t.equal(got.length, want.length, 'as many values');
  const errors = Array.from(want, (y, i) => Math.abs(got[i] - y) / Math.max(1, Math.abs(y)));
  const worst = errors.reduce((at, error, i) => (error > errors[at] ? i : at), 0);
  t.ok(errors[worst] <= BOUND, `worst at ${worst}: got ${got[worst]}, want ${want[worst]}`);
}
