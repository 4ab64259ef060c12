/**
 * Nodes that stand for several: quantized operators become dequantize, the operator, quantize (the form that
 * `int8.ts` recognises), onnxruntime's fused ones their parts, and a model's own functions their bodies.
 */
import { ImportError } from '../errors.js';
import type { OnnxAttribute, OnnxFunction, OnnxNode } from './proto.js';

/** Parts of one node, named after it. */
class Parts {
  readonly nodes: OnnxNode[] = [];

  constructor(readonly node: OnnxNode) {}

  get inputs(): string[] {
    return this.node.inputs;
  }

  get output(): string {
    return this.node.outputs[0];
  }

  /** Adds a node; gives its output's name. */
  add(op: string, inputs: string[], output?: string): string {
    const suffix = `${op}${this.nodes.length}`;
    const made = output ?? `${this.output}/${suffix}`;
    const attributes = new Map<string, OnnxAttribute>();
    this.nodes.push({
      name: `${this.node.name}/${suffix}`,
      op,
      domain: '',
      inputs,
      outputs: [made],
      attributes,
    });
    return made;
  }

  /** The node's operator itself, with its name and attributes. */
  main(op: string, inputs: string[], output?: string): string {
    const made = this.add(op, inputs, output);
    Object.assign(this.nodes.at(-1)!, { name: this.node.name, attributes: this.node.attributes });
    return made;
  }

  dequantize(from: number, axis?: number): string {
    const output = this.add('DequantizeLinear', this.inputs.slice(from, from + 3));
    if (axis !== undefined) this.withInt('axis', axis);
    return output;
  }

  quantize(x: string, from: number): string {
    return this.add('QuantizeLinear', [x, ...this.inputs.slice(from, from + 2)], this.output);
  }

  /** An attribute of the node added last. */
  withInt(name: string, int: number): void {
    const last = this.nodes.at(-1)!;
    last.attributes = new Map([...last.attributes, [name, { name, int, floats: [], ints: [], texts: [] }]]);
  }

  /** An int32 bias, whose unit is the product of two scales. */
  bias(input: string | undefined, scale: string, kernelScale: string): string[] {
    if (!input) return [];
    const unit = this.add('Mul', [scale, kernelScale]);
    const bias = this.add('DequantizeLinear', [input, unit]);
    this.withInt('axis', 0);
    return [bias];
  }
}

type Expand = (parts: Parts) => void;

/** x, scale, zero point; w, scale, zero point; scale, zero point; bias. */
const qLinearConv: Expand = (p) => {
  const [x, w] = [p.dequantize(0), p.dequantize(3, 0)];
  const bias = p.bias(p.inputs[8], p.inputs[1], p.inputs[4]);
  p.quantize(p.main('Conv', [x, w, ...bias]), 6);
};

const qLinearMatMul: Expand = (p) => {
  p.quantize(p.main('MatMul', [p.dequantize(0), p.dequantize(3, -1)]), 6);
};

/** a, b, bias, output: without an output scale it gives real values. */
const qGemm: Expand = (p) => {
  const axis = p.node.attributes.get('transB')?.int === 1 ? 0 : 1;
  const [a, b] = [p.dequantize(0), p.dequantize(3, axis)];
  const inputs = [a, b, ...p.bias(p.inputs[6], p.inputs[1], p.inputs[4])];
  if (p.inputs[7]) p.quantize(p.main('Gemm', inputs), 7);
  else p.main('Gemm', inputs, p.output);
};

const qLinearBinary =
  (op: string): Expand =>
  (p) =>
    p.quantize(p.main(op, [p.dequantize(0), p.dequantize(3)]), 6);

const qLinearUnary =
  (op: string): Expand =>
  (p) => {
    if (p.node.attributes.get('channels_last')?.int === 1)
      throw new ImportError('layer', 'channels_last: expected 0, got 1');
    p.quantize(p.main(op, [p.dequantize(0)]), 3);
  };

/** Output scale and zero point, then each input with its own. */
const qLinearConcat: Expand = (p) => {
  const inputs = Array.from({ length: (p.inputs.length - 2) / 3 }, (_, i) => p.dequantize(2 + i * 3));
  p.quantize(p.main('Concat', inputs), 0);
};

/** x and w less their zero points. */
const integerProduct =
  (op: string): Expand =>
  (p) => {
    const [x, w, ...zeros] = p.inputs;
    const [a, b] = [x, w].map((input, i) => (zeros[i] ? p.add('Sub', [input, zeros[i]]) : input));
    p.main(op, [a, b], p.output);
  };

const ACTIVATIONS = ['Relu', 'Tanh', 'Sigmoid', 'LeakyRelu', 'Clip', 'HardSigmoid'];

/** x, w, bias, and a tensor to add before the activation. */
const fusedConv: Expand = (p) => {
  const sum = p.main('Conv', p.inputs.slice(0, 3));
  activated(p, p.inputs[3] ? p.add('Add', [sum, p.inputs[3]]) : sum);
};

function activated(p: Parts, x: string): void {
  const activation = p.node.attributes.get('activation')?.text ?? 'Identity';
  if (activation !== 'Identity' && !ACTIVATIONS.includes(activation))
    throw new ImportError('layer', `activation: expected ${ACTIVATIONS.join(', ')}, got ${activation}`);
  p.add(activation, [x], p.output);
  const params = p.node.attributes.get('activation_params')?.floats ?? [];
  const names = activation === 'Clip' ? ['min', 'max'] : ['alpha', 'beta'];
  const entries = params.map((float, i): [string, OnnxAttribute] => [
    names[i],
    { name: names[i], float, floats: [], ints: [], texts: [] },
  ]);
  p.nodes.at(-1)!.attributes = new Map(entries);
}

const fusedGemm: Expand = (p) => activated(p, p.main('Gemm', p.inputs));

const biased =
  (op: string): Expand =>
  (p) => {
    const [x, bias] = p.inputs;
    p.main(op, [bias ? p.add('Add', [x, bias]) : x], p.output);
  };

/** input, skip, gamma, beta, bias. */
const skipLayerNormalization: Expand = (p) => {
  const [input, skip, gamma, beta, bias] = p.inputs;
  const sum = p.add('Add', [input, skip]);
  p.main(
    'LayerNormalization',
    [bias ? p.add('Add', [sum, bias]) : sum, gamma, beta].filter(Boolean),
    p.output,
  );
};

const EXPANSIONS: Record<string, Expand> = {
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  QGemm: qGemm,
  QLinearAdd: qLinearBinary('Add'),
  QLinearMul: qLinearBinary('Mul'),
  QLinearSigmoid: qLinearUnary('Sigmoid'),
  QLinearLeakyRelu: qLinearUnary('LeakyRelu'),
  QLinearSoftmax: qLinearUnary('Softmax'),
  QLinearAveragePool: qLinearUnary('AveragePool'),
  QLinearGlobalAveragePool: qLinearUnary('GlobalAveragePool'),
  QLinearConcat: qLinearConcat,
  ConvInteger: integerProduct('Conv'),
  MatMulInteger: integerProduct('MatMul'),
  FusedConv: fusedConv,
  FusedGemm: fusedGemm,
  BiasGelu: biased('Gelu'),
  FastGelu: biased('TanhGelu'),
  SkipLayerNormalization: skipLayerNormalization,
};

/** Operators that stand for several. */
export const EXPANDED = Object.keys(EXPANSIONS);

/** The parts of a node that stands for several; the node itself where it does not. */
export function expanded(node: OnnxNode): OnnxNode[] {
  const expand = EXPANSIONS[node.op];
  if (!expand) return [node];
  const parts = new Parts(node);
  expand(parts);
  return parts.nodes;
}

/** Most calls of functions within each other. */
const MOST_DEPTH = 16;
/** Most nodes of a model: functions that call each other twice double at each step. */
const MOST_NODES = 200_000;

/** The nodes with each call of a model's own function replaced by its body. */
export function inlined(
  nodes: readonly OnnxNode[],
  functions: ReadonlyMap<string, OnnxFunction>,
  depth = 0,
): OnnxNode[] {
  if (functions.size === 0) return nodes.slice();
  const all: OnnxNode[] = [];
  for (const node of nodes) {
    const body = functions.get(`${node.domain}:${node.op}`);
    if (body && depth >= MOST_DEPTH)
      throw new ImportError('layer', `${node.name}: expected at most ${MOST_DEPTH} functions in each other`);
    all.push(...(body ? inlined(bodyOf(node, body), functions, depth + 1) : [node]));
    if (all.length > MOST_NODES)
      throw new ImportError(
        'layer',
        `${node.name}: expected at most ${MOST_NODES} nodes, got more by its functions`,
      );
  }
  return all;
}

/** The function's nodes under names of the caller's, on its operands and attributes. */
function bodyOf(node: OnnxNode, body: OnnxFunction): OnnxNode[] {
  const prefix = node.name || node.outputs[0];
  const names = new Map<string, string>();
  body.inputs.forEach((name, i) => names.set(name, node.inputs[i] ?? ''));
  body.outputs.forEach((name, i) => names.set(name, node.outputs[i] || `${prefix}/${name}`));
  const renamed = (name: string): string => (name === '' ? '' : (names.get(name) ?? `${prefix}/${name}`));
  return body.nodes.map((inner) => ({
    ...inner,
    name: `${prefix}/${inner.name || inner.outputs[0]}`,
    inputs: inner.inputs.map(renamed),
    outputs: inner.outputs.map(renamed),
    attributes: boundAttributes(inner.attributes, node, body),
  }));
}

function boundAttributes(
  attributes: ReadonlyMap<string, OnnxAttribute>,
  caller: OnnxNode,
  body: OnnxFunction,
): Map<string, OnnxAttribute> {
  const bound = new Map<string, OnnxAttribute>();
  for (const [name, attribute] of attributes) {
    const { reference } = attribute;
    const value = reference
      ? (caller.attributes.get(reference) ?? body.attributes.get(reference))
      : attribute;
    if (value) bound.set(name, { ...value, name });
  }
  return bound;
}
