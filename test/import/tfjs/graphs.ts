/** Small TensorFlow graphs made by hand: as tfjs loads them, and as the importer reads them. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { elements, tensorOf, type Graph } from '../../../src/graph/index.js';
import { importModel } from '../../../src/import/index.js';
import type { ImportOptions } from '../../../src/import/importer.js';
import type { ModelSource } from '../../../src/import/source.js';
import { runReference } from '../../../src/reference/index.js';
import type { Random } from '../../helpers/random.js';

/** An attribute as one would write it: `strides: [1, 2, 2, 1]`, `padding: 'SAME'`, `T: int32`. */
type Attribute = number | string | boolean | number[] | string[] | object;

export const int32 = { type: 'DT_INT32' };
export const bool = { type: 'DT_BOOL' };
export const float = { type: 'DT_FLOAT' };

/** A number with a fraction, or that could have one. */
export function real(f: number): object {
  return { f };
}

export interface SmallNode {
  name: string;
  op: string;
  input?: string[];
  attr?: Record<string, Attribute>;
}

export interface Constant {
  shape: number[];
  data: number[];
  /** Default float32. */
  dtype?: 'float32' | 'int32' | 'bool';
}

export interface SmallGraph {
  /** Placeholders by name: full shapes, -1 where open. */
  inputs: Record<string, number[]>;
  constants?: Record<string, Constant>;
  nodes: SmallNode[];
}

export function ints(...data: number[]): Constant {
  return { shape: [data.length], data, dtype: 'int32' };
}

export function int(value: number): Constant {
  return { shape: [], data: [value], dtype: 'int32' };
}

export function truth(value: boolean): Constant {
  return { shape: [], data: [Number(value)], dtype: 'bool' };
}

/** Between -1 and 1, or `from` and `to`. */
export function noise(r: Random, shape: number[], from = -1, to = 1): Constant {
  return { shape, data: Array.from({ length: elements(shape) }, () => from + (to - from) * r.next()) };
}

/** What a converter would write. */
export function sourceOf({ inputs, constants = {}, nodes }: SmallGraph): ModelSource {
  const placeholders = Object.entries(inputs).map(([name, dims]) => {
    const shape = { shape: { dim: dims.map((size) => ({ size: String(size) })) } };
    return { name, op: 'Placeholder', attr: { dtype: float, shape } };
  });
  const known = Object.keys(constants).map((name) => ({ name, op: 'Const', attr: {} }));
  const rest = nodes.map(({ attr = {}, ...node }) => ({ ...node, attr: encoded(attr) }));
  const specs = Object.entries(constants).map(([name, { shape, dtype = 'float32' }]) => ({
    name,
    shape,
    dtype,
  }));
  const bytes = Object.values(constants).map(({ data, dtype }) => bytesOf(data, dtype));
  return {
    format: 'graph-model',
    modelTopology: { node: [...placeholders, ...known, ...rest], versions: { producer: 440 } },
    weightSpecs: specs,
    weightData: Uint8Array.from(bytes.flatMap((part) => [...part])).buffer,
  };
}

function bytesOf(data: number[], dtype: Constant['dtype']): Uint8Array {
  if (dtype === 'bool') return Uint8Array.from(data);
  return new Uint8Array((dtype === 'int32' ? Int32Array.from(data) : Float32Array.from(data)).buffer);
}

function encoded(attributes: Record<string, Attribute>): Record<string, object> {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, encode(value)]));
}

function encode(value: Attribute): object {
  if (typeof value === 'number') return { i: String(value) };
  if (typeof value === 'string') return { s: btoa(value) };
  if (typeof value === 'boolean') return { b: value };
  if (!Array.isArray(value)) return value;
  const isText = typeof value[0] === 'string';
  return { list: isText ? { s: value.map((text) => btoa(text as string)) } : { i: value.map(String) } };
}

/** One output of both: values and shape. */
interface Result {
  shape: number[];
  values: Float32Array;
}

export interface Both {
  graph: Graph;
  /** Of tfjs, with the batch. */
  want: Result[];
  /** Of the imported graph, without it. */
  got: Result[];
}

/** Runs the graph in tfjs and, imported, by the plain reference, on the same seeded inputs. */
export async function runBoth(
  small: SmallGraph,
  r: Random,
  options: ImportOptions & { range?: [number, number] } = {},
): Promise<Both> {
  const source = sourceOf(small);
  const graph = await importModel(source, options);
  const shapes = graph.inputs.map((name) => tensorOf(graph, name).shape);
  const inputs = shapes.map((shape) =>
    Float32Array.from(noise(r, shape, ...(options.range ?? [-2, 2])).data),
  );
  const want = await runTfjs(source, small, graph, inputs, options);
  const got = runReference(graph, inputs).map((values, i) => {
    return { shape: tensorOf(graph, graph.outputs[i]).shape, values: values as Float32Array };
  });
  return { graph, want, got };
}

async function runTfjs(
  source: ModelSource,
  small: SmallGraph,
  graph: Graph,
  inputs: Float32Array[],
  options: ImportOptions,
): Promise<Result[]> {
  const model = await loadGraphModel({ load: async () => structuredClone(source) as tf.io.ModelArtifacts });
  const feeds = graph.inputs.map((name, i) => {
    const shape = small.inputs[name].map((dim) => (dim === -1 ? 1 : dim));
    return [name, tf.tensor(inputs[i], shape)] as const;
  });
  const fixed = Object.entries(options.inputValues ?? {}).map(
    ([name, value]) => [name, tf.tensor(value)] as const,
  );
  const names = options.outputs ?? model.outputs.map(({ name }) => name);
  const results = [await model.executeAsync(Object.fromEntries([...feeds, ...fixed]), names)].flat();
  return results.map((result) => ({ shape: result.shape, values: Float32Array.from(result.dataSync()) }));
}
