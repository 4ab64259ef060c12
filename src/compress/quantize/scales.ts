import type { GraphIndex, Node, Quantization } from '../../graph/index.js';
import { attributesOf } from '../../ops/check.js';
import type { Domain } from './domains.js';
import { flowingInputs, int8Inputs, keepsScale } from './forms.js';
import { quantizationFor, type Range } from './range.js';

/**
 * The scales of a graph's int8 tensors. Tensors that an operator moves or compares have one scale with its output (concat, min,
 * max, pools of maxima, views): they are a class, whose range is that of all values that come into it.
 */
export class Scales {
  readonly #parents = new Map<string, string>();
  /** By root. */
  readonly #classes = new Map<string, Range>();

  constructor(
    readonly index: GraphIndex,
    readonly domains: ReadonlyMap<Node, Domain>,
    readonly ranges: ReadonlyMap<string, Range>,
    readonly bits: number,
  ) {
    const nodes = index.graph.nodes.filter((node) => domains.get(node) === 'i8');
    for (const node of nodes) this.#join(node);
    for (const node of nodes) this.#widen(node);
  }

  /** Of an int8 node's output. */
  ofOutput(node: Node): Quantization {
    return quantizationFor(this.#classes.get(this.#root(node.outputs[0]))!, this.bits);
  }

  /** As `node` reads a tensor that is f32 by itself. */
  ofInput(node: Node, tensor: string): Quantization {
    if (this.domains.get(node) === 'i8' && keepsScale(this.index, node)) return this.ofOutput(node);
    return quantizationFor(this.#rangeOf(tensor), this.bits);
  }

  /** A node that keeps scales has one with its int8 inputs. */
  #join(node: Node): void {
    if (!keepsScale(this.index, node)) return;
    for (const name of flowingInputs(this.index, node))
      if (this.#isInt8(name)) this.#parents.set(this.#root(name), this.#root(node.outputs[0]));
  }

  /** Adds what comes into the class by this node. */
  #widen(node: Node): void {
    const [output] = node.outputs;
    if (!keepsScale(this.index, node)) {
      this.#add(output, this.#rangeOf(output));
      return;
    }
    for (const name of int8Inputs(node)) if (!this.#isInt8(name)) this.#add(output, this.#rangeOf(name));
    if (node.op === 'pad') {
      const value = attributesOf(node).value as number;
      this.#add(output, { min: value, max: value });
    }
  }

  #add(tensor: string, { min, max }: Range): void {
    const root = this.#root(tensor);
    const known = this.#classes.get(root);
    this.#classes.set(root, {
      min: Math.min(min, known?.min ?? min),
      max: Math.max(max, known?.max ?? max),
    });
  }

  #isInt8(tensor: string): boolean {
    const producer = this.index.producerOf(tensor);
    return producer !== undefined && this.domains.get(producer) === 'i8';
  }

  #root(tensor: string): string {
    let root = tensor;
    for (
      let next = this.#parents.get(root);
      next !== undefined && next !== root;
      next = this.#parents.get(root)
    )
      root = next;
    if (root !== tensor) this.#parents.set(tensor, root);
    return root;
  }

  /** Measured, or that of a constant's values. */
  #rangeOf(name: string): Range {
    const constant = this.index.constantOf(name);
    if (constant) {
      let [min, max] = [0, 0];
      for (const value of constant.data) [min, max] = [Math.min(min, value), Math.max(max, value)];
      return { min, max };
    }
    const range = this.ranges.get(name);
    if (range === undefined) throw new RangeError(`ranges: expected one of tensor '${name}', got none`);
    return range;
  }
}
