/**
 * TensorFlow Lite's own interpreter (with XNNPACK), from npm's @tensorflow/tfjs-tflite: its WebAssembly module runs in Node
 * without tfjs. A development dependency; with an installed lopper, `npm install @tensorflow/tfjs-tflite@0.0.1-alpha.10` first.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { readModel, type ForeignTensor, type TfliteModel } from '../../import/tflite/model.js';

const MODULE = '@tensorflow/tfjs-tflite/wasm/tflite_web_api_cc_simd';

/** What the module gives, as far as it is used here (embind). */
interface Tensor {
  name: string;
  dataType: string;
  data(): Int8Array | Uint8Array | Int32Array | Float32Array;
}
interface Tensors {
  size(): number;
  get(index: number): Tensor;
}
interface Runner {
  GetInputs(): Tensors;
  GetOutputs(): Tensors;
  Infer(): boolean;
}
interface Status {
  ok(): boolean;
  errorMessage(): string;
  value(): Runner;
}
interface Module {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  TFLiteWebModelRunner: {
    CreateFromBufferAndOptions(pointer: number, length: number, options: object): Status;
  };
}

/** A model in TFLite's interpreter. Values are real: int8 goes in and out by the model's own scales. */
export interface TfliteEngine {
  inputs: { name: string; shape: number[] }[];
  outputs: { name: string; shape: number[] }[];
  run(inputs: readonly Float32Array[]): Float32Array[];
}

/** True where the package is installed. */
export function hasTflite(): boolean {
  try {
    return createRequire(import.meta.url).resolve(MODULE) !== '';
  } catch {
    return false;
  }
}

/** @throws Error where the package is absent, or TFLite refuses the model */
export async function loadTflite(bytes: Uint8Array, name = 'model'): Promise<TfliteEngine> {
  const model = readModel(bytes, name);
  const runner = await createRunner(bytes);
  return {
    inputs: model.inputs.map((index) => describe(model, index)),
    outputs: model.outputs.map((index) => describe(model, index)),
    run(inputs) {
      inputs.forEach((values, i) => store(model.tensors[model.inputs[i]], values, runner.GetInputs().get(i)));
      if (!runner.Infer()) throw new Error(`${name}: TFLite could not run it`);
      return model.outputs.map((index, i) => realValues(model.tensors[index], runner.GetOutputs().get(i)));
    },
  };
}

async function createRunner(bytes: Uint8Array): Promise<Runner> {
  const require = createRequire(import.meta.url);
  const wasmBinary = await readFile(require.resolve(`${MODULE}.wasm`));
  const factory = require(`${MODULE}.js`) as (options: object) => Promise<Module>;
  const module = await factory({ wasmBinary, printErr: () => undefined });
  const { _malloc: allocate } = module;
  const pointer = allocate(bytes.length);
  module.HEAPU8.set(bytes, pointer);
  const options = { numThreads: 1, enableProfiling: false, maxProfilingBufferEntries: 1024 };
  const status = module.TFLiteWebModelRunner.CreateFromBufferAndOptions(pointer, bytes.length, options);
  if (!status.ok()) throw new Error(`TFLite refuses the model: ${status.errorMessage()}`);
  return status.value();
}

function describe(model: TfliteModel, index: number): { name: string; shape: number[] } {
  const { name, shape } = model.tensors[index];
  return { name: model.aliases.get(index) ?? name, shape };
}

function store(tensor: ForeignTensor, values: Float32Array, into: Tensor): void {
  const data = into.data();
  if (data.length !== values.length)
    throw new RangeError(`${tensor.name}: expected ${data.length} values, got ${values.length}`);
  const [scale, zeroPoint] = scaleOf(tensor);
  const [least, most] = tensor.type === 'UINT8' ? [0, 255] : [-128, 127];
  if (scale === undefined) data.set(values);
  else data.set(values.map((x) => Math.min(most, Math.max(least, Math.round(x / scale) + zeroPoint))));
}

function realValues(tensor: ForeignTensor, from: Tensor): Float32Array {
  const [scale, zeroPoint] = scaleOf(tensor);
  const stored = Float32Array.from(from.data());
  return scale === undefined ? stored : stored.map((q) => scale * (q - zeroPoint));
}

function scaleOf({ type, quantization }: ForeignTensor): [scale: number | undefined, zeroPoint: number] {
  const isInt8 = type === 'INT8' || type === 'UINT8';
  return isInt8 && quantization ? [quantization.scale[0], quantization.zeroPoint[0]] : [undefined, 0];
}
