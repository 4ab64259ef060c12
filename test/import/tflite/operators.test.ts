/**
 * Every operator of the importer against TensorFlow Lite itself: golden.json holds what its interpreter (@tensorflow/tfjs-tflite
 * 0.0.1-alpha.10, see src/cli/against/tflite.ts) gives for each case. `RECORD=1 npx tap test/import/tflite/operators.test.ts` makes it anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { hasTflite, loadTflite } from '../../../src/cli/against/tflite.js';
import { importTflite } from '../../../src/import/tflite.js';
import { checkGraph } from '../../../src/ops/check.js';
import { runReference } from '../../../src/reference/index.js';
import { CASES, modelOf, valuesOf } from './cases.js';

const PATH = fileURLToPath(new URL('golden.json', import.meta.url));

/** Case -> its outputs, f32 little-endian in base64. */
type Golden = Record<string, string[]>;

const BOUND = 2 ** -18;

if (process.env.RECORD) writeFileSync(PATH, `${JSON.stringify(await record(), undefined, 2)}\n`);
const golden = JSON.parse(readFileSync(PATH, 'utf8')) as Golden;

async function record(): Promise<Golden> {
  if (!hasTflite()) throw new Error('RECORD: expected @tensorflow/tfjs-tflite to be installed');
  const all: Golden = {};
  for (const testCase of CASES) {
    const engine = await loadTflite(modelOf(testCase), testCase.name);
    const outputs = engine.run(valuesOf(testCase));
    all[testCase.name] = outputs.map((values) => Buffer.from(values.slice().buffer).toString('base64'));
  }
  return all;
}

function decoded(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
}

for (const testCase of CASES) {
  t.test(testCase.name, async (t) => {
    const graph = importTflite(modelOf(testCase), testCase.name);
    checkGraph(graph);
    const got = runReference(graph, valuesOf(testCase));
    golden[testCase.name].forEach((base64, i) => compare(t, got[i] as Float32Array, decoded(base64)));
  });
}

/** Within `2^-18 * max(1, |y|)`: both sides round in f32, functions to 2^-20. */
function compare(t: Test, got: Float32Array, want: Float32Array): void {
  t.equal(got.length, want.length, 'as many values');
  const errors = Array.from(want, (y, i) => Math.abs(got[i] - y) / Math.max(1, Math.abs(y)));
  const worst = errors.reduce((at, error, i) => (error > errors[at] ? i : at), 0);
  t.ok(errors[worst] <= BOUND, `worst at ${worst}: got ${got[worst]}, want ${want[worst]}`);
}
