import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { compared } from './agreement.js';
import { Coverage, type Edges } from './coverage.js';
import { mutateFramed, mutateKeras } from './importers/framed.js';
import { importers } from './importers/targets.js';
import { mutateLop } from './lop/mutate.js';
import { typescript } from './lop/reader.js';
import { seedFiles } from './lop/seeds.js';
import { Wasm } from './lop/wasm.js';
import { mutateBytes, mutateInPlace } from './mutate/bytes.js';
import { mutateJson } from './mutate/json.js';
import type { Mutator } from './mutate/mutate.js';
import { mutateProto } from './mutate/proto.js';
import { recipe } from './recipe.js';
import type { Target } from './target.js';

/** A target with what it is fuzzed by. */
export interface Kind {
  target: Target;
  coverage: Coverage;
  mutate: Mutator;
}

/** A tenth with insertions and cuts. */
const mutateTflite: Mutator = (file, r, pool) =>
  (r.next() < 0.1 ? mutateBytes : mutateInPlace)(file, r, pool);

const MUTATORS: Record<string, Mutator> = {
  ts: mutateLop,
  'tfjs-layers': mutateFramed,
  'tfjs-graph': mutateFramed,
  'keras-h5': mutateBytes,
  keras: mutateKeras,
  tflite: mutateTflite,
  onnx: mutateProto,
  recipe: mutateJson,
};

/**
 * @param edges counters of the TypeScript that is bundled
 * @param build of the WebAssembly reader
 */
export function kindOf(name: string, edges: Edges, build: string): Kind {
  if (name === 'wasm') return wasm(build);
  const target = [typescript, recipe, ...importers].find((one) => one.name === name)!;
  return { target, coverage: new Coverage(edges), mutate: MUTATORS[name] };
}

/** The build as scripts/fuzz/bundle.mjs has instrumented it; the .json beside it says how many edges it has. */
function wasm(build: string): Kind {
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  const { edges } = JSON.parse(readFileSync(`build/fuzz/lopper-${build}.json`, 'utf8')) as { edges: number };
  const bytes = new Uint8Array(readFileSync(`build/fuzz/lopper-${build}.wasm`));
  const counted = new Uint8Array(edges);
  const target = compared(new Wasm(bytes, seedFiles()[0], counted));
  return { target, coverage: new Coverage(counted), mutate: mutateLop };
}
