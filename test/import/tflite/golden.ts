/**
 * What TensorFlow Lite's own interpreter gives for small models (@tensorflow/tfjs-tflite 0.0.1-alpha.10, see src/cli/against/tflite.ts),
 * in a file, so that tests need no such package. `RECORD=1 npx tap <test>` makes the file anew; then format it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hasTflite, loadTflite } from '../../../src/cli/against/tflite.js';
import { modelOf, valuesOf, type Case } from './cases.js';

/** Case -> its outputs. */
export async function goldenOf(file: string, cases: readonly Case[]): Promise<Map<string, Float32Array[]>> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  if (process.env.RECORD) writeFileSync(path, `${JSON.stringify(await record(cases))}\n`);
  const recorded = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string[]>;
  return new Map(Object.entries(recorded).map(([name, outputs]) => [name, outputs.map(decoded)]));
}

async function record(cases: readonly Case[]): Promise<Record<string, string[]>> {
  if (!hasTflite()) throw new Error('RECORD: expected @tensorflow/tfjs-tflite to be installed');
  const all: Record<string, string[]> = {};
  for (const testCase of cases) {
    const engine = await loadTflite(modelOf(testCase), testCase.name);
    all[testCase.name] = engine.run(valuesOf(testCase)).map(encoded);
  }
  return all;
}

/** f32 little-endian in base64. */
function encoded(values: Float32Array): string {
  return Buffer.from(values.slice().buffer).toString('base64');
}

function decoded(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
}
