/** onnxruntime: its native package where it is installed, else its WebAssembly. */
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { readFile } from 'node:fs/promises';
import { transposed } from '../../graph/index.js';
import { joined, type Executor, type Layer, type Values } from '../support/executor.js';
import type { ForeignOptions } from '../support/import-foreign.js';
import { optionalPackage, type Ports } from './engine.js';

type Ort = typeof import('onnxruntime-web');

async function importOrt(): Promise<{ ort: Ort; name: string }> {
  try {
    const ort = (await import('onnxruntime-node')) as unknown as Ort;
    return { ort, name: `onnxruntime-node ${ort.env.versions.node ?? ''}` };
  } catch {
    const ort = await optionalPackage('onnxruntime-web', () => import('onnxruntime-web'));
    ort.env.wasm.numThreads = 1;
    return { ort, name: `onnxruntime-web ${ort.env.versions.web ?? ''}` };
  }
}

/** A model in onnxruntime, a sample at a time: many models fix their batch at 1. Its images are channels first, the graph's last. */
export async function openOnnx(
  path: string,
  { inputShape, layouts }: Ports,
  { outputs }: ForeignOptions = {},
): Promise<Executor> {
  const { ort, name } = await importOrt();
  const bytes = new Uint8Array(await readFile(path));
  const giving = (names: readonly string[]): Promise<InferenceSession> =>
    ort.InferenceSession.create(withOutputs(bytes, names));
  const own = await giving([]);
  const session = outputs ? await giving(without(outputs, own.outputNames)) : own;
  const wanted = outputs ?? session.outputNames;
  const [input] = session.inputNames;
  const run = async (of: InferenceSession, sample: Float32Array): Promise<Record<string, Tensor>> => {
    const { dims, values } = arranged([1, ...inputShape], sample, reversed(layouts?.inputs[input]));
    return of.run({ [input]: new ort.Tensor('float32', values, dims) });
  };
  return {
    name,
    inputShape,
    predict: async (samples, count) => {
      const size = samples.length / count;
      const all: Values[][] = [];
      for (let i = 0; i < count; i++) {
        const found = await run(session, samples.subarray(i * size, (i + 1) * size));
        all.push(wanted.map((output) => outputOf(found[output], layouts?.outputs[output])));
      }
      return joined(all);
    },
    layers: async (sample) => {
      const { outputsOfNodes } = await import('./onnx-outputs.js');
      const nodes = outputsOfNodes(bytes);
      const names = nodes.map(({ output }) => output);
      const all = await giving(without(names, own.outputNames));
      try {
        const found = await run(all, sample);
        const numeric = nodes.filter(({ output }) => isNumeric(found[output]));
        return new Map(numeric.map(({ output, layer }) => [layer, layerOf(found[output])]));
      } finally {
        await all.release();
      }
    },
    dispose: () => void session.release(),
  };
}

const without = (names: readonly string[], known: readonly string[]): string[] =>
  names.filter((name) => !known.includes(name));

const isNumeric = (tensor: Tensor | undefined): boolean => tensor !== undefined && tensor.type !== 'string';
const floats = ({ data }: Tensor): Values => Float32Array.from(data as ArrayLike<number | bigint>, Number);
const layerOf = (tensor: Tensor): Layer => ({ shape: tensor.dims.slice(1), values: floats(tensor) });
const outputOf = (tensor: Tensor, layout: string | undefined): Values =>
  arranged(tensor.dims, floats(tensor), layout).values;

/** @param layout `nchw -> nhwc`, as importers record it; absent: axes stay */
function arranged(
  dims: readonly number[],
  values: Values,
  layout: string | undefined,
): { dims: number[]; values: Values } {
  if (layout === undefined) return { dims: [...dims], values };
  const [from, to] = layout.split(' -> ');
  const order = Array.from(to, (axis) => from.indexOf(axis));
  return { dims: order.map((axis) => dims[axis]), values: transposed(values, dims, order) };
}

/** From the graph's order back to the model's. */
function reversed(layout: string | undefined): string | undefined {
  return layout?.split(' -> ').reverse().join(' -> ');
}

/**
 * The model with further outputs. Protocol buffers that stand one after another are merged: a second `ModelProto { graph (7):
 * GraphProto { output (12): ValueInfoProto { name (1) } } }` adds to the first one's list.
 */
export function withOutputs(model: Uint8Array, names: readonly string[]): Uint8Array {
  const outputs = names.map((name) => field(12, field(1, new TextEncoder().encode(name))));
  return Buffer.concat([model, field(7, Buffer.concat(outputs))]);
}

/** A length-delimited field. */
function field(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Uint8Array.of(...bytes, left);
    bytes.push((left % 128) | 128);
  }
}
