/** Files that once broke a promise: each is refused by now, with a named error that says what is wrong (or, `ok`, accepted). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { compared } from './agreement.js';
import { importers } from './importers/targets.js';
import { typescript } from './lop/reader.js';
import { seedFiles } from './lop/seeds.js';
import { Wasm } from './lop/wasm.js';
import { recipe } from './recipe.js';
import type { SyncTarget } from './target.js';

/** Target / fixture -> its error, `code: message`. */
const EXPECTED: Record<string, RegExp> = {
  'keras/bidirectional-without-layer': /^json: bidirectional_\w+: expected the structure of a Keras model/,
  'keras/class-name-missing': /^json: time_distributed_\w+: .*expected string, received undefined/s,
  'keras/time-distributed-without-layer':
    /^json: time_distributed_\w+: .*expected object, received undefined/s,
  'keras/time-distributed-without-name':
    /^json: time_distributed_\w+: expected the structure of a Keras model/,
  'onnx/concat-of-none': /^layer: .*b \(Concat\): expected an input 0, got none/s,
  'onnx/constant-of-no-shape': /^layer: .*f \(ConstantOfShape\): expected an input 0, got none/s,
  'onnx/expand-without-shape': /^layer: .*y \(Expand\): expected an input 1, got none/s,
  'onnx/gemm-of-vector': /^layer: .*y \(Gemm\): expected a matrix for \[\], got \[\]/s,
  'onnx/mean-of-none': /^layer: .*y \(Mean\): expected an input 0, got none/s,
  'onnx/no-elements':
    /^shape: model.onnx: tensor 'y': expected at most 6 dimensions of at least 1, got \[0\]/,
  'onnx/no-outputs': /^shape: model.onnx: outputs: expected at least one, got none/,
  'onnx/one-hot-without-values': /^layer: .*y \(OneHot\): expected an input 2, got none/s,
  'onnx/tile-of-fewer-axes': /^layer: .*y \(Tile\): expected an input 1, got none/s,
  'tfjs-graph/constants-of-gigabytes':
    /^value: .*zeros \(Zeros\): expected at most \d+ more elements .*, got 7237481/s,
  'tfjs-graph/dimensions-no-list':
    /^json: .*x1 \(Placeholder\): expected attributes in the form of a GraphDef, got {"shape"/,
  'tfjs-graph/places-by-the-million': /^value: .*sparseIndices: expected at most 1048576 numbers, got \d{7}/s,
  'tfjs-graph/no-elements':
    /^shape: model.json: tensor 'where': expected at most 6 dimensions .*, got \[0,1\]/,
  'tfjs-graph/seven-dimensions':
    /^shape: model.json: tensor 'x': expected at most 6 dimensions .*, got \[7,6,4,1,7,6,4\]/,
  'tfjs-graph/strides-no-list':
    /^json: .*conv \(Conv2D\): expected attributes in the form of a GraphDef, got {"strides"/,
  'tfjs-layers/axis-wrapped-wrongly': /^layer: permute_Permute1: dims: expected axes in 1..3 or -3..-1/,
  'tfjs-layers/bidirectional-without-layer': /^json: bidirectional_\w+: .*expected object, received number/s,
  'tfjs-layers/class-name-missing': /^json: model73: .*expected object, received string\s+→ at layers\[0\]/s,
  'tfjs-layers/class-name-no-text':
    /^json: model73: .*expected string, received number\s+→ at layers\[0\].class_name/s,
  'tfjs-layers/no-outputs': /^shape: model.json: outputs: expected at least one, got none/,
  'tfjs-layers/time-distributed-without-layer':
    /^json: time_distributed_\w+: .*expected object, received undefined/s,
  'tflite/cast-to-nothing': /^format: .*CAST: inputs: expected one at 0, got 0/,
  'tflite/concat-of-none': /^shape: .*\(CONCATENATION\): t2: expected at least one tensor to join, got none/,
  'wasm/clip-of-nan': /^attribute: /,
  'wasm/unused-weight-of-unknown-encoding': /^ok: undefined/,
  'tflite/no-elements':
    /^shape: .*tensor 'net\/dense\/MatMul': expected at most 6 dimensions .*, got \[256,0\]/,
};

const HOME = new URL('fixtures/', import.meta.url);
const build = new URL('../../dist/wasm/lopper-simd128-all.wasm', import.meta.url);
const isBuilt = existsSync(build);
const wasm = (): SyncTarget[] =>
  isBuilt ? [compared(new Wasm(new Uint8Array(readFileSync(build)), seedFiles()[0]))] : [];
const targets = [typescript, recipe, ...importers, ...wasm()];

for (const folder of readdirSync(HOME)) {
  const target = targets.find(({ name }) => name === folder);
  if (!target && folder === 'wasm') continue;
  for (const name of readdirSync(new URL(`${folder}/`, HOME))) {
    t.test(`${folder}/${name}`, async (t) => {
      const file = new Uint8Array(readFileSync(new URL(`${folder}/${name}`, HOME)));
      const start = process.cpuUsage();
      const { code, message } = await target!.read(file);
      t.match(`${code}: ${message}`, EXPECTED[`${folder}/${name}`]);
      t.ok(process.cpuUsage(start).user < 1e6, 'within a second');
    });
  }
}
