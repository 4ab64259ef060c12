/** A model that answers samples, whatever runs it: graphs on tfjs, `.lop` files on the runtime, foreign models in their own engines. */
import { readFile } from 'node:fs/promises';
import type { Graph, Quantization } from '../../graph/index.js';
import type { Preprocessing } from '../../preprocess/index.js';
import { importForeign, type ForeignOptions } from './import-foreign.js';
import { preprocessingOf } from './preprocessing.js';

/** Values of one activation. */
export type Values = Float32Array;

/** One layer's output for one sample. */
export interface Layer {
  /** Without batch. */
  shape: readonly number[];
  values: Values;
}

/** By the names of a foreign model's tensors, how their axes were reordered: `nchw -> nhwc`. */
export type Layouts = Readonly<Record<string, string>>;

export interface Executor {
  /** For people: the path, and what runs it. */
  name: string;
  /** Of one sample. */
  inputShape: readonly number[];
  /** What the model was made for; absent: as the data set says. */
  preprocessing?: Preprocessing;
  /** True where a sample takes seconds. */
  isSlow?: boolean;
  /** Of a Graph whose importer reordered axes. */
  layouts?: { inputs: Layouts; outputs: Layouts };
  /** Each output's values of `count` samples, one after the other. */
  predict(samples: Float32Array, count: number): Promise<Values[]>;
  /** Each layer's output for one sample, by name, in execution order; absent where the engine keeps them to itself. */
  layers?(sample: Float32Array): Promise<Map<string, Layer>>;
  dispose(): void;
}

export const isLop = (path: string): boolean => /\.lop$/i.test(path);

const elements = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** Joins samples' outputs: `[sample][output]` to one array an output. */
export function joined(samples: readonly (readonly ArrayLike<number>[])[]): Values[] {
  return samples[0].map((first, output) => {
    const all = new Float32Array(first.length * samples.length);
    samples.forEach((outputs, i) => all.set(outputs[output], i * first.length));
    return all;
  });
}

/** A `.lop` in memory on the WebAssembly runtime, a sample at a time. */
export async function openLopExecutor(name: string, bytes: Uint8Array): Promise<Executor> {
  const { load } = await import('../../runtime/node.js');
  const model = await load(bytes);
  const [{ shape, dtype, scale, zeroPoint }] = model.inputs;
  const size = elements(shape);
  const inputOf = (sample: Float32Array): Float32Array | Int8Array =>
    dtype === 'f32' ? sample : quantized(sample, { scale, zeroPoint });
  return {
    name,
    inputShape: shape,
    preprocessing: await preprocessingOf(model.metadata),
    predict: async (samples, count) => {
      const all = Array.from({ length: count }, (_, i) => {
        const outputs = model.run(inputOf(samples.subarray(i * size, (i + 1) * size)));
        return outputs.map((values, output) => realValues(values, model.outputs[output]));
      });
      return joined(all);
    },
    layers: async (sample) => {
      const { readLop } = await import('../../format/index.js');
      return referenceLayers(readLop(bytes), inputOf(sample));
    },
    dispose: () => model.dispose(),
  };
}

/** Every node's output, in plain loops. */
async function referenceLayers(graph: Graph, input: Float32Array | Int8Array): Promise<Map<string, Layer>> {
  const { referenceTensors } = await import('../../reference/index.js');
  const tensors = referenceTensors(graph, [input]);
  return new Map(
    graph.nodes.map(({ name, outputs: [output] }) => {
      const { shape, quantization = REAL } = graph.tensors.get(output)!;
      return [
        name,
        { shape, values: realValues(tensors.get(output) as Float32Array | Int8Array, quantization) },
      ];
    }),
  );
}

/** f32's own. */
const REAL = { scale: 1, zeroPoint: 0 };

const clampInt8 = (value: number): number => Math.max(-128, Math.min(127, value));

function quantized(sample: Float32Array, { scale, zeroPoint }: Quantization): Int8Array {
  return Int8Array.from(sample, (x) => clampInt8(Math.round(x / scale) + zeroPoint));
}

/** A copy, int8 by its scale. */
function realValues(values: Float32Array | Int8Array, { scale, zeroPoint }: Quantization): Values {
  if (values instanceof Float32Array) return values.slice();
  return Float32Array.from(values, (q) => scale * (q - zeroPoint));
}

/** A foreign model's Graph: f32 on tfjs, int8 that came with the model in plain loops. */
export async function openGraphExecutor(path: string, options: ForeignOptions = {}): Promise<Executor> {
  const graph = await importForeign(path, options);
  const isInt8 = [...graph.tensors.values()].some(({ dtype }) => dtype === 'i8');
  const shared = {
    name: path,
    inputShape: graph.tensors.get(graph.inputs[0])!.shape,
    preprocessing: await preprocessingOf(graph.metadata),
    layouts: layoutsOf(graph.metadata),
  };
  return { ...shared, ...(isInt8 ? await onReference(graph) : await onTfjs(graph)) };
}

type Runs = Pick<Executor, 'predict' | 'layers' | 'dispose' | 'isSlow'>;

/** A graph with int8 in it, a sample at a time. */
async function onReference(graph: Graph): Promise<Runs> {
  const { runReference } = await import('../../reference/index.js');
  const { shape, quantization } = graph.tensors.get(graph.inputs[0])!;
  const size = elements(shape);
  const outputs = graph.outputs.map((name) => graph.tensors.get(name)!);
  const inputOf = (sample: Float32Array): Float32Array | Int8Array =>
    quantization ? quantized(sample, quantization) : sample;
  return {
    isSlow: true,
    predict: async (samples, count) =>
      joined(
        Array.from({ length: count }, (_, i) => {
          const found = runReference(graph, [inputOf(samples.subarray(i * size, (i + 1) * size))]);
          return found.map((values, output) =>
            realValues(values as Float32Array | Int8Array, outputs[output].quantization ?? REAL),
          );
        }),
      ),
    layers: (sample) => referenceLayers(graph, inputOf(sample)),
    dispose: () => undefined,
  };
}

async function onTfjs(graph: Graph): Promise<Runs> {
  const train = await import('../../train/index.js');
  const { tensor, tidy, dispose } = await import('@tensorflow/tfjs-core');
  await train.selectBackend();
  const weights = train.weightTensors(train.createParameters(graph));
  const { shape } = graph.tensors.get(graph.inputs[0])!;
  const nodeOf = new Map(graph.nodes.map((node) => [node.outputs[0], node.name]));
  return {
    predict: async (samples, count) =>
      tidy(() => {
        const x = tensor(samples, [count, ...shape], 'float32');
        const found = train.forwardAll(graph, weights, x, graph.outputs);
        return found.map((values) => values.dataSync() as Values);
      }),
    layers: async (sample) => {
      const found = new Map<string, Layer>();
      tidy(() => {
        train.forwardAll(graph, weights, tensor(sample, [1, ...shape], 'float32'), graph.outputs, {
          onTensor: (name, t) => {
            const node = nodeOf.get(name);
            if (node !== undefined)
              found.set(node, { shape: t.shape.slice(1), values: t.dataSync() as Values });
          },
        });
      });
      return found;
    },
    dispose: () => dispose([...weights.values()]),
  };
}

/** As `metadata.provenance` says: docs/importing.md. */
function layoutsOf({ provenance }: Readonly<Record<string, unknown>>): Executor['layouts'] {
  const { inputLayouts = {}, outputLayouts = {} } = (provenance ?? {}) as Record<string, Layouts | undefined>;
  return { inputs: inputLayouts, outputs: outputLayouts };
}

/** Opens a `.lop` or a foreign model by its path. */
export async function openExecutor(path: string, options: ForeignOptions = {}): Promise<Executor> {
  return isLop(path) ? openLopExecutor(path, await readFile(path)) : openGraphExecutor(path, options);
}
