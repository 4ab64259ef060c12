/** The imported graph, run in plain loops, beside onnxruntime on the same model and numbers. */
import * as ort from 'onnxruntime-node';
import { tensorOf, transposed, type Graph } from '../../../src/graph/index.js';
import { importModel, type ImportOptions } from '../../../src/import/index.js';
import { prepareForExport } from '../../../src/passes/index.js';
import { checkGraph } from '../../../src/ops/check.js';
import { runReference } from '../../../src/reference/index.js';
import { encode, type TestFunction, type TestGraph } from './encode.js';

/** Numbers in ONNX' order. */
export interface Sample {
  dims: number[];
  data: Float32Array;
  type?: 'float32' | 'int64' | 'int32' | 'uint8' | 'bool';
}

export interface Comparison {
  graph: Graph;
  /** Greatest difference of an output, relative to its largest number, of the graph and of its form for files. */
  difference: number;
  got: Float32Array[];
  want: Float32Array[];
}

type Layouts = Record<string, string> | undefined;

/** `[N,C,..]` -> channels last, and back. */
function toLast(data: Float32Array, dims: readonly number[]): Float32Array {
  const order = dims.map((_, axis) => axis);
  return transposed(data, dims, [0, ...order.slice(2), 1]);
}

function toFirst(data: Float32Array, dims: readonly number[]): Float32Array {
  const [n, channels, ...sides] = dims;
  return transposed(data, [n, ...sides, channels], [0, dims.length - 1, ...sides.map((_, i) => i + 1)]);
}

function feed({ dims, data, type = 'float32' }: Sample): ort.Tensor {
  if (type === 'float32') return new ort.Tensor('float32', data, dims);
  if (type === 'int64')
    return new ort.Tensor(
      'int64',
      BigInt64Array.from(data, (v) => BigInt(v)),
      dims,
    );
  if (type === 'int32') return new ort.Tensor('int32', Int32Array.from(data), dims);
  return new ort.Tensor(type, Uint8Array.from(data), dims);
}

function isLast(layouts: Layouts, name: string): boolean {
  return layouts?.[name] !== undefined && layouts[name] !== 'tni -> nti';
}

export async function session(bytes: Uint8Array): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(bytes, { logSeverityLevel: 4, graphOptimizationLevel: 'disabled' });
}

/** Runs the graph on samples in ONNX' order; outputs in ONNX' order, given their dimensions. */
export function runGraph(
  graph: Graph,
  samples: Record<string, Sample>,
  dims: readonly (readonly number[])[],
): Float32Array[] {
  const { inputLayouts, outputLayouts } = graph.metadata['provenance'] as Record<string, Layouts>;
  const inputs = graph.inputs.map((name) => {
    const { data, dims: shape } = samples[name];
    return isLast(inputLayouts, name) ? toLast(data, shape) : data;
  });
  return runReference(graph, inputs).map((values, i) => {
    const real = Float32Array.from(values);
    const q = tensorOf(graph, graph.outputs[i]).quantization;
    const output = q ? real.map((code) => (code - q.zeroPoint) * q.scale) : real;
    return isLast(outputLayouts, graph.outputs[i]) ? toFirst(output, dims[i]) : output;
  });
}

export async function compareBytes(
  bytes: Uint8Array,
  samples: Record<string, Sample>,
  options: ImportOptions = {},
): Promise<Comparison> {
  const theirs = await session(bytes);
  const feeds = Object.fromEntries(Object.entries(samples).map(([name, sample]) => [name, feed(sample)]));
  const results = await theirs.run(feeds);
  const graph = await importModel(bytes, options);
  checkGraph(graph);
  const names = options.outputs ?? theirs.outputNames;
  const want = names.map((name) => Float32Array.from(results[name].data as Float32Array, Number));
  const dims = names.map((name) => results[name].dims);
  const got = runGraph(graph, samples, dims);
  const prepared = runGraph(prepareForExport(graph), samples, dims);
  const differences = want.flatMap((values, i) => [
    differenceOf(got[i], values),
    differenceOf(prepared[i], values),
  ]);
  return { graph, difference: Math.max(...differences), got, want };
}

/** Greatest difference relative to the largest number; infinite where the lengths differ or only one is NaN. */
export function differenceOf(got: Float32Array, want: Float32Array): number {
  if (got.length !== want.length) return Infinity;
  const largest = want.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 1e-6);
  return want.reduce((most, value, i) => {
    const same = Object.is(got[i], value) || got[i] === value;
    const off = same ? 0 : Math.abs(got[i] - value) / largest;
    return Math.max(most, Number.isNaN(off) ? Infinity : off);
  }, 0);
}

export function compare(
  model: TestGraph,
  opset: number,
  samples: Record<string, Sample>,
  options: ImportOptions & { functions?: TestFunction[] } = {},
): Promise<Comparison> {
  const { functions, ...rest } = options;
  return compareBytes(encode(model, opset, functions), samples, rest);
}
