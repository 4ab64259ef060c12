/** Small random models: one node, or a few, with weights of a wanted block and density. */
import { elements, type Attribute, type Graph, type Tensor, type Weight } from '../../src/graph/graph.js';
import { getOp } from '../../src/ops/table.js';
import type { Values } from '../../src/ops/op.js';
import type { Random } from '../helpers/random.js';

export function tensor(
  name: string,
  shape: number[],
  dtype: 'i8' | 'f32',
  random: Random,
  scale = 0.02,
): Tensor {
  if (dtype === 'f32') return { name, shape, dtype };
  const quantization = {
    scale: Math.fround(scale * (0.5 + random.next())),
    zeroPoint: random.int(-128, 127),
  };
  return { name, shape, dtype, quantization };
}

export function randomValues({ shape, dtype }: Tensor, random: Random): Values {
  const n = elements(shape);
  if (dtype === 'i8') return Int8Array.from({ length: n }, () => random.int(-128, 127));
  return Float32Array.from({ length: n }, () => random.normal());
}

/** A weight whose blocks are kept with probability `density`. */
export function sparseWeight(
  name: string,
  shape: number[],
  dtype: 'i8' | 'f32',
  block: [number, number],
  density: number,
  random: Random,
): Weight {
  const n = elements(shape);
  const inputs = shape[shape.length - 1];
  const row = n / shape[0];
  const across = Math.ceil(inputs / block[1]);
  const kept = new Map<number, boolean>();
  const isKept = (i: number): boolean => {
    const o = Math.floor(Math.floor(i / row) / block[0]);
    const tap = Math.floor((i % row) / inputs);
    const key = (o * (row / inputs) + tap) * across + Math.floor((i % inputs) / block[1]);
    if (!kept.has(key)) kept.set(key, random.next() < density);
    return kept.get(key)!;
  };
  const value = dtype === 'i8' ? (): number => random.int(-127, 127) : (): number => random.normal();
  const data = Array.from({ length: n }, (_, i) => (isKept(i) ? value() : 0));
  return { name, shape, dtype, data: dtype === 'i8' ? Int8Array.from(data) : Float32Array.from(data), block };
}

export interface LinearOptions {
  dtype: 'i8' | 'f32';
  kernel: number[];
  block?: [number, number];
  density?: number;
  bias?: boolean;
  /** One scale for all outputs. */
  perTensor?: boolean;
}

/** kernel, bias and scale of a linear operator. */
export function linearWeights(options: LinearOptions, random: Random): Record<string, Weight> {
  const { dtype, kernel, block = [1, 1], density = 1, bias = true, perTensor = false } = options;
  const outputs = kernel[0];
  const weights: Record<string, Weight> = {
    kernel: sparseWeight('kernel', kernel, dtype, block, density, random),
  };
  if (bias) {
    const data =
      dtype === 'i8'
        ? Int32Array.from({ length: outputs }, () => random.int(-5000, 5000))
        : Float32Array.from({ length: outputs }, () => random.normal());
    weights.bias = {
      name: 'bias',
      shape: [outputs],
      dtype: dtype === 'i8' ? 'i32' : 'f32',
      data,
      block: [1, 1],
    };
  }
  if (dtype === 'i8') {
    const count = perTensor ? 1 : outputs;
    const data = Float32Array.from({ length: count }, () => 0.001 + 0.01 * random.next());
    weights.scale = { name: 'scale', shape: [count], dtype: 'f32', data, block: [1, 1] };
  }
  return weights;
}

/** A graph of one node; the output's shape is inferred, its scale such that few values saturate. */
export function oneNode(
  op: string,
  inputs: Tensor[],
  attributes: Record<string, Attribute>,
  weights: Record<string, Weight>,
  output: Omit<Tensor, 'shape' | 'name'>,
): Graph {
  const node = {
    name: 'node',
    op,
    inputs: inputs.map((x) => x.name),
    outputs: ['y'],
    attributes,
    weights: Object.fromEntries(Object.entries(weights).map(([role, weight]) => [role, weight.name])),
  };
  const shape = getOp(op).inferShape({
    node,
    inputs,
    attributes: { ...defaults(op), ...attributes },
    weights,
  });
  return {
    inputs: node.inputs,
    outputs: ['y'],
    tensors: new Map([...inputs, { name: 'y', shape, ...output }].map((x) => [x.name, x])),
    weights: new Map(Object.values(weights).map((weight) => [weight.name, weight])),
    nodes: [node],
    metadata: {},
  };
}

/** A node of `graphOf`: its output has its name. */
export interface NodePlan {
  name: string;
  op: string;
  inputs: string[];
  attributes?: Record<string, Attribute>;
  weights?: Record<string, Weight>;
  /** Default: f32. */
  output?: Omit<Tensor, 'shape' | 'name'>;
  /** Where it is free. */
  shape?: number[];
}

/** A graph of several nodes, whose shapes are inferred. The outputs are those of nodes that no other reads. */
export function graphOf(inputs: Tensor[], plans: NodePlan[]): Graph {
  const tensors = new Map(inputs.map((x) => [x.name, x]));
  const weights = new Map<string, Weight>();
  const nodes = plans.map(({ name, op, inputs, attributes = {}, output = { dtype: 'f32' }, ...plan }) => {
    const own = Object.entries(plan.weights ?? {}).map(
      ([role, weight]) => [role, { ...weight, name: `${name}/${role}` }] as const,
    );
    own.forEach(([, weight]) => weights.set(weight.name, weight));
    const node = {
      name,
      op,
      inputs,
      outputs: [name],
      attributes,
      weights: Object.fromEntries(own.map(([role, weight]) => [role, weight.name])),
    };
    const shape = getOp(op).inferShape({
      node,
      inputs: inputs.map((input) => tensors.get(input)!),
      attributes: { ...defaults(op), ...attributes },
      weights: Object.fromEntries(own),
    });
    tensors.set(name, { name, shape: plan.shape ?? shape, ...output });
    return node;
  });
  const read = new Set(nodes.flatMap((node) => node.inputs));
  return {
    inputs: inputs.map(({ name }) => name),
    outputs: nodes.map(({ name }) => name).filter((name) => !read.has(name)),
    tensors,
    weights,
    nodes,
    metadata: {},
  };
}

/** A weight that is stored as it is. */
export function plainWeight(shape: number[], data: Weight['data'], dtype: Weight['dtype'] = 'f32'): Weight {
  return { name: '', shape, dtype, data, block: [1, 1] };
}

function defaults(op: string): Record<string, Attribute> {
  const entries = Object.entries(getOp(op).attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Record<string, Attribute>;
}

/** An int8 output of a linear operator: wide enough for sums of `terms` products. */
export function linearOutput(x: Tensor, terms: number, random: Random): Omit<Tensor, 'shape' | 'name'> {
  if (x.dtype === 'f32') return { dtype: 'f32' };
  const scale = Math.fround(
    x.quantization!.scale * 0.006 * 200 * Math.sqrt(Math.max(1, terms)) * (0.5 + random.next()),
  );
  return { dtype: 'i8', quantization: { scale, zeroPoint: random.int(-128, 127) } };
}
