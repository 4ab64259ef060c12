import assert from 'node:assert/strict';
import {
  elements,
  type Attribute,
  type DType,
  type Graph,
  type Quantization,
  type Tensor,
  type Weight,
} from '../../src/graph/index.js';
import { checkGraph, inferShape } from '../../src/ops/check.js';
import type { Values } from '../../src/ops/op.js';
import { runReference } from '../../src/reference/run.js';
import { trainForwardArrays } from '../helpers/forward.js';
import type { Random } from '../helpers/random.js';

/** One node and its surroundings. */
export interface Case {
  op: string;
  /** Shapes of the inputs. */
  inputs: number[][];
  attributes?: Record<string, Attribute>;
  /** f32 weights by role. */
  weights?: Record<string, { shape: number[]; data?: ArrayLike<number> }>;
  /** The output's shape, where the operator leaves it open. */
  output?: number[];
}

/** A graph of that one node, f32; weights without data are standard normal. */
export function graphOf(spec: Case, r?: Random): Graph {
  const weights = Object.entries(spec.weights ?? {}).map(([role, { shape, data }]) => {
    return weight(role, shape, 'f32', data ?? normals(r!, elements(shape)));
  });
  const tensors = spec.inputs.map((shape, i) => tensor(`x${i}`, shape, 'f32'));
  return assemble(spec, tensors, weights, (shape) => tensor('y', spec.output ?? shape, 'f32'));
}

/** The same node in int8, with dtypes and scales of choice. */
export interface Int8Case extends Omit<Case, 'weights'> {
  inputQuantization: Quantization[];
  /** Absent: the output is f32. */
  outputQuantization?: Quantization;
  weights?: Record<string, { shape: number[]; dtype: DType; data: ArrayLike<number> }>;
}

export function int8GraphOf(spec: Int8Case): Graph {
  const weights = Object.entries(spec.weights ?? {}).map(([role, w]) =>
    weight(role, w.shape, w.dtype, w.data),
  );
  const tensors = spec.inputs.map((shape, i) => tensor(`x${i}`, shape, 'i8', spec.inputQuantization[i]));
  const q = spec.outputQuantization;
  return assemble(spec, tensors, weights, (shape) => tensor('y', spec.output ?? shape, q ? 'i8' : 'f32', q));
}

function assemble(
  spec: Omit<Case, 'weights'>,
  inputs: Tensor[],
  weights: Weight[],
  outputOf: (shape: number[]) => Tensor,
): Graph {
  const node = {
    name: 'node',
    op: spec.op,
    inputs: inputs.map((input) => input.name),
    outputs: ['y'],
    attributes: spec.attributes ?? {},
    weights: Object.fromEntries(weights.map(({ name }) => [name, name])),
  };
  const graph: Graph = {
    inputs: node.inputs,
    outputs: node.outputs,
    tensors: new Map(inputs.map((input) => [input.name, input])),
    weights: new Map(weights.map((w) => [w.name, w])),
    nodes: [node],
    metadata: {},
  };
  graph.tensors.set('y', outputOf(inferShape(graph, node)));
  checkGraph(graph);
  return graph;
}

function tensor(name: string, shape: number[], dtype: DType, quantization?: Quantization): Tensor {
  return quantization ? { name, shape, dtype, quantization } : { name, shape, dtype };
}

function weight(name: string, shape: number[], dtype: DType, data: ArrayLike<number>): Weight {
  const kinds = { f32: Float32Array, i8: Int8Array, i32: Int32Array };
  return { name, shape, dtype, data: kinds[dtype].from(data), block: [1, 1] };
}

export function normals(r: Random, length: number): Float32Array {
  return Float32Array.from({ length }, () => r.normal());
}

/** Whole numbers in [lo, hi]. */
export function integers(r: Random, length: number, lo: number, hi: number): Int32Array {
  return Int32Array.from({ length }, () => r.int(lo, hi));
}

export function bytes(r: Random, length: number): Int8Array {
  return Int8Array.from(integers(r, length, -128, 127));
}

/** Random inputs for the graph: standard normal for f32, any byte for int8. */
export function inputsOf(graph: Graph, r: Random): Values[] {
  return graph.inputs.map((name) => {
    const { dtype, shape } = graph.tensors.get(name)!;
    return dtype === 'i8' ? bytes(r, elements(shape)) : normals(r, elements(shape));
  });
}

/** Throws, naming the worst element, unless `|got - want| <= bound` everywhere. */
export function within(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  bound: (i: number) => number,
  message: string,
): void {
  assert.equal(got.length, want.length, `${message}: values`);
  const excess = (i: number): number => Math.abs(got[i] - want[i]) - bound(i);
  let worst = 0;
  for (let i = 1; i < got.length; i++) if (!(excess(i) <= excess(worst))) worst = i;
  assert.ok(
    excess(worst) <= 0,
    `${message}: worst element ${worst}, got ${got[worst]}, want ${want[worst]}, bound ${bound(worst)}`,
  );
}

/** How far two orders of summing n products may be apart: `(n + 2) * 2^-24 * sum|a*b|` each (FORMAT.md). */
export function sumBound(products: number, absolute: ArrayLike<number>): (i: number) => number {
  return (i) => 2 * (products + 2) * 2 ** -24 * absolute[i];
}

/** The graph's output with every weight and input replaced by its magnitude, no activation: `sum|a*b|`. */
export function absoluteSums(graph: Graph, inputs: Values[]): Values {
  const magnitudes: Graph = {
    ...graph,
    nodes: graph.nodes.map((node) => ({
      ...node,
      attributes: { ...node.attributes, ...('activation' in node.attributes && { activation: 'linear' }) },
    })),
    weights: new Map(
      [...graph.weights].map(([name, w]) => [name, { ...w, data: Float32Array.from(w.data, Math.abs) }]),
    ),
  };
  return runReference(
    magnitudes,
    inputs.map((x) => Float32Array.from(x, Math.abs)),
  )[0];
}

/** Compares `train` (tfjs cpu) with `reference` for an operator that sums `products` products an output. */
export function compareTraining(spec: Case, products: number, r: Random): void {
  const graph = graphOf(spec, r);
  const inputs = inputsOf(graph, r) as Float32Array[];
  const [want] = runReference(graph, inputs);
  const [got] = trainForwardArrays(graph, inputs);
  within(got, want, sumBound(products, absoluteSums(graph, inputs)), JSON.stringify(spec));
}

/** A random scale that is a power of two, so that int8 values times it are exact, and any zero point. */
export function randomQuantization(r: Random): Quantization {
  return { scale: 2 ** -r.int(2, 6), zeroPoint: r.int(-128, 127) };
}

/**
 * Compares an int8 node with the same node in real numbers: stored values of `realInputs` are exact (scales are powers
 * of two), so only the last rounding (1/2 quantum) and three f32 roundings of a number below 256 may differ.
 */
export function compareInt8(graph: Graph, real: Graph, inputs: Values[], message: string): void {
  const realInputs = inputs.map((x, i) => dequantized(x, graph.tensors.get(graph.inputs[i])!.quantization!));
  const q = graph.tensors.get('y')!.quantization!;
  const want = Array.from(runReference(real, realInputs)[0], (y) => {
    return Math.min(127, Math.max(-128, y / q.scale + q.zeroPoint));
  });
  within(runReference(graph, inputs)[0], want, () => 0.5 + 2 ** -14, message);
}

export function dequantized(x: ArrayLike<number>, { scale, zeroPoint }: Quantization): Float32Array {
  return Float32Array.from(x, (value) => (value - zeroPoint) * scale);
}
