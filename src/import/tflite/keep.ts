/**
 * A quantized model's own int8: the f32 graph that the importer built, with the scales that the file gives its tensors. A node
 * whose inputs and output have scales, and whose operator has an int8 form, computes in int8; what lies between stays f32,
 * with `dequantize` before it and `quantize` where an int8 node reads it. Inputs and outputs of the graph stay f32.
 */
import {
  insertAfter,
  producerOf,
  removeUnused,
  setWeight,
  tensorOf,
  uniqueName,
  weightsOf,
  type DType,
  type Graph,
  type Node,
  type Quantization,
  type Tensor,
  type Weight,
} from '../../graph/index.js';
import { checkGraph } from '../../ops/check.js';
import { getOp } from '../../ops/table.js';
import { int8Weights } from './int8-weights.js';
import { isUnary, lookupTable } from './lookup.js';
import type { Quantized } from './quantized.js';

/** Changes `graph` in place. @throws RangeError where the result breaks an operator's rules */
export function keepQuantized(graph: Graph, quantized: Quantized): void {
  new Keeper(graph, quantized).run();
}

class Keeper {
  /** Tensor -> its int8 by the file, or by what it shares its scale with. */
  readonly #scales: Map<string, Quantization>;
  /** `${tensor} ${scale} ${zero point}` -> that tensor in this int8. */
  readonly #converted = new Map<string, string>();

  constructor(
    readonly graph: Graph,
    readonly quantized: Quantized,
  ) {
    this.#scales = new Map(quantized.tensors);
  }

  run(): void {
    const { graph } = this;
    for (const node of graph.nodes.filter(({ op }) => op === 'constant')) this.#keepConstant(node);
    spreadScales(graph, this.#scales);
    for (const node of graph.nodes.slice()) {
      if (node.op === 'constant') continue;
      if (!this.#toInt8(node)) node.inputs = node.inputs.map((name) => this.#asFloat(name));
    }
    graph.outputs = graph.outputs.map((name) => this.#asFloat(name));
    removeUnused(graph);
    checkGraph(graph);
  }

  /** An operand whose real values give the stored ones again, exactly. */
  #keepConstant(node: Node): void {
    const quantization = this.quantized.constants.get(weightsOf(this.graph, node).value.data);
    if (quantization) this.#scales.set(node.outputs[0], quantization);
  }

  /** Makes the node compute in int8 where it can; false where it cannot. */
  #toInt8(node: Node): boolean {
    const output = tensorOf(this.graph, node.outputs[0]);
    const to = this.#scales.get(output.name);
    const from = node.inputs.map((name) => this.#scaleOf(name));
    if (!to || node.inputs.length === 0) return false;
    const keepsScale = getOp(node.op).keepsQuantization === true;
    if (isUnary(node.op) && from[0] && !(keepsScale && isSame(from[0], to))) {
      this.#makeLookup(node, from[0], to);
    } else {
      const kinds = int8Form(node);
      if (!kinds?.every((kind, i) => kind === 'f32' || from[i])) return false;
      if (node.weights.kernel && !int8Weights(this.graph, node, from[0]!, to, this.quantized)) return false;
      node.inputs = node.inputs.map((name, i) =>
        kinds[i] === 'f32' ? this.#asFloat(name) : this.#asInt8(name, keepsScale ? to : from[i]!),
      );
    }
    output.dtype = 'i8';
    output.quantization = { ...to };
    return true;
  }

  /** The int8 that a reader gets `name` in. */
  #scaleOf(name: string): Quantization | undefined {
    return tensorOf(this.graph, name).quantization ?? this.#scales.get(name);
  }

  #makeLookup(node: Node, from: Quantization, to: Quantization): void {
    const table = lookupTable(node, from, to);
    node.inputs = [this.#asInt8(node.inputs[0], from)];
    node.op = 'lookup';
    node.attributes = {};
    this.#setTable(node, table);
  }

  #setTable(node: Node, data: Int8Array): void {
    const name = uniqueName(this.graph.weights, `${node.name}/table`);
    setWeight(this.graph, node, 'table', { name, shape: [256], dtype: 'i8', data, block: [1, 1] });
  }

  /** The tensor in int8 of that scale: quantized by its own, and moved to another one by a table. */
  #asInt8(name: string, wanted: Quantization): string {
    const tensor = tensorOf(this.graph, name);
    if (isSame(tensor.quantization, wanted)) return name;
    const own = this.#scales.get(name);
    if (!tensor.quantization && own && !isSame(own, wanted))
      return this.#asInt8(this.#asInt8(name, own), wanted);
    const constant = producerOf(this.graph, name);
    if (constant?.op === 'constant' && !tensor.quantization) return this.#int8Constant(constant, wanted);
    const node = this.#convert(tensor, tensor.quantization ? 'lookup' : 'quantize', wanted);
    if (node?.op === 'lookup') this.#setTable(node, lookupTable(undefined, tensor.quantization!, wanted));
    return this.#converted.get(keyOf(name, wanted))!;
  }

  #int8Constant(node: Node, wanted: Quantization): string {
    const { value } = weightsOf(this.graph, node);
    const data = Int8Array.from(value.data, (real) => {
      return Math.min(127, Math.max(-128, Math.round(real / wanted.scale) + wanted.zeroPoint));
    });
    const name = uniqueName(this.graph.tensors, `${node.name}/i8`);
    const weight: Weight = {
      ...value,
      name: uniqueName(this.graph.weights, `${value.name}/i8`),
      dtype: 'i8',
      data,
    };
    const own: Node = { ...node, name, outputs: [name], weights: {} };
    setWeight(this.graph, own, 'value', weight);
    const { shape } = tensorOf(this.graph, node.outputs[0]);
    this.graph.tensors.set(name, { name, shape, dtype: 'i8', quantization: { ...wanted } });
    this.graph.nodes.splice(this.graph.nodes.indexOf(node), 0, own);
    return name;
  }

  #asFloat(name: string): string {
    const tensor = tensorOf(this.graph, name);
    if (tensor.dtype !== 'i8') return name;
    this.#convert(tensor, 'dequantize');
    return this.#converted.get(keyOf(name))!;
  }

  /** Puts a node that changes a tensor's numbers behind it; undefined where it is there already. */
  #convert({ name, shape }: Tensor, op: string, quantization?: Quantization): Node | undefined {
    const key = keyOf(name, quantization);
    if (this.#converted.has(key)) return undefined;
    const own = uniqueName(this.graph.tensors, `${name}/${quantization ? 'i8' : 'f32'}`);
    const output: Tensor = quantization
      ? { name: own, shape, dtype: 'i8', quantization: { ...quantization } }
      : { name: own, shape, dtype: 'f32' };
    this.#converted.set(key, own);
    return insertAfter(this.graph, name, { op, name: own, output, readers: [] });
  }
}

/** What an operator's int8 form reads: indices stay f32. Undefined where it has none. */
function int8Form(node: Node): DType[] | undefined {
  const form = getOp(node.op).dtypes.find(
    ([from, to]) => to === 'i8' && (typeof from === 'string' ? from : from[0]) === 'i8',
  );
  return form && node.inputs.map((_, i) => (typeof form[0] === 'string' ? form[0] : form[0][i]) as DType);
}

function keyOf(name: string, quantization?: Quantization): string {
  return `${name} ${quantization?.scale} ${quantization?.zeroPoint}`;
}

function isSame(a: Quantization | undefined, b: Quantization): boolean {
  return a?.scale === b.scale && a.zeroPoint === b.zeroPoint;
}

function moves(node: Node): boolean {
  return getOp(node.op).keepsQuantization === true || node.op === 'clip';
}

/**
 * Scales of tensors that the foreign model does not have: what only moves or clamps values has one scale before and behind. Backward
 * first: a clamp behind a convolution must not read what the convolution cannot hold.
 */
function spreadScales(graph: Graph, scales: Map<string, Quantization>): void {
  for (const node of graph.nodes.toReversed()) {
    const scale = scales.get(node.outputs[0]);
    if (!scale || !moves(node)) continue;
    for (const name of node.inputs) {
      const indices = name !== node.inputs[0] && node.op !== 'concat';
      if (!indices && !scales.has(name)) scales.set(name, scale);
    }
  }
  for (const node of graph.nodes) {
    const scale = scales.get(node.inputs[0]);
    if (scale && moves(node) && !scales.has(node.outputs[0])) scales.set(node.outputs[0], scale);
  }
}
