/** A graph under construction, with its values: steps choose by what numbers are there. */
import {
  elements,
  MAX_RANK,
  type Attribute,
  type Graph,
  type Tensor,
  type Weight,
} from '../../src/graph/graph.js';
import { checkNode, viewOf } from '../../src/ops/check.js';
import type { Values } from '../../src/ops/op.js';
import { getOp } from '../../src/ops/table.js';
import type { Random } from '../helpers/random.js';
import { calibrated, randomQuantization } from './quantization.js';
import { randomValues } from './numbers.js';

/** Numbers a sample, beyond which a tensor is not made: of a large image ten times as many. */
const MOST_ELEMENTS = 3000;
const MOST_INPUTS = 6;

type Format = Omit<Tensor, 'shape' | 'name'>;

/** What a step says of a node beside its inputs. */
export interface Parts {
  attributes?: Record<string, Attribute>;
  weights?: Record<string, Weight>;
  /** Default: what the operator leaves no choice of, else int8 from int8, with a scale that fits the values. */
  output?: Format;
  /** Where it is free. */
  shape?: number[];
}

/** Of a tensor's values in all samples, as real numbers. */
export interface Facts {
  finite: boolean;
  least: number;
  /** Magnitude. */
  largest: number;
}

export class Draft {
  readonly graph: Graph = {
    inputs: [],
    outputs: [],
    tensors: new Map(),
    weights: new Map(),
    nodes: [],
    metadata: {},
  };
  /** By tensor, a sample each. */
  readonly values = new Map<string, Values[]>();
  readonly facts = new Map<string, Facts>();

  /**
   * @param dtypes of inputs, where a step takes any
   * @param constants whether there may be some in place of inputs
   * @param large whether images are
   */
  constructor(
    readonly random: Random,
    readonly samples: number,
    readonly dtypes: readonly ('f32' | 'i8')[],
    readonly constants: boolean,
    readonly large: boolean,
  ) {}

  /** Another input of the graph, or a constant. */
  input(shape: number[], dtype = this.random.pick(this.dtypes), draw?: () => number): Tensor {
    const { inputs, tensors } = this.graph;
    if (this.constants && inputs.length > 0 && (inputs.length >= MOST_INPUTS || this.random.next() < 0.3))
      return this.constant(shape, dtype, draw);
    if (inputs.length >= MOST_INPUTS) throw new RangeError(`inputs: expected at most ${MOST_INPUTS}`);
    const tensor: Tensor = { name: `x${inputs.length}`, shape, ...this.format(dtype) };
    inputs.push(tensor.name);
    tensors.set(tensor.name, tensor);
    const samples = Array.from({ length: this.samples }, () => this.drawn(tensor, draw));
    this.note(tensor, samples);
    return tensor;
  }

  constant(shape: number[], dtype: 'f32' | 'i8', draw?: () => number): Tensor {
    return this.constantLike(shape, this.format(dtype), draw);
  }

  /** A constant of a dtype and scale. */
  constantLike(shape: number[], output: Format, draw?: () => number): Tensor {
    if (!this.constants) throw new RangeError('constants: expected none');
    const data = this.drawn({ name: '', shape, ...output }, draw);
    const value: Weight = { name: '', shape, dtype: output.dtype, data, block: [1, 1] };
    return this.node('constant', [], { weights: { value }, output });
  }

  private drawn(tensor: Tensor, draw: (() => number) | undefined): Values {
    const values = randomValues(tensor, this.random);
    return draw ? values.map(draw) : values;
  }

  private format(dtype: 'f32' | 'i8'): Format {
    return dtype === 'f32' ? { dtype } : { dtype, quantization: randomQuantization(this.random) };
  }

  /** A tensor that fits, most often one of the last; undefined where none does. All values are finite, unless `any` is true. */
  find(fits: (tensor: Tensor, facts: Facts) => boolean, any = false): Tensor | undefined {
    const all = [...this.graph.tensors.values()].filter((tensor) => {
      const facts = this.facts.get(tensor.name)!;
      return (any || facts.finite) && fits(tensor, facts);
    });
    if (all.length === 0) return undefined;
    return this.random.pick(this.random.next() < 0.7 ? all.slice(-3) : all);
  }

  /** Adds a node and computes it. @throws RangeError, with nothing added, where operator or size forbid it */
  node(op: string, inputs: Tensor[], parts: Parts = {}): Tensor {
    const { graph, values } = this;
    const name = `n${graph.nodes.length}`;
    const weights = this.named(name, parts.weights ?? {});
    const node = {
      name,
      op,
      inputs: inputs.map((x) => x.name),
      outputs: [`t${graph.nodes.length}`],
      attributes: parts.attributes ?? {},
      weights: Object.fromEntries(Object.entries(weights).map(([role, weight]) => [role, weight.name])),
    };
    const read = Array.from({ length: this.samples }, (_, s) => inputs.map((x) => values.get(x.name)![s]));
    const added = Object.values(weights).filter((weight) => !graph.weights.has(weight.name));
    try {
      added.forEach((weight) => graph.weights.set(weight.name, weight));
      const { outputs: _none, ...view } = viewOf(graph, { ...node, outputs: [] });
      const shape = parts.shape ?? getOp(op).inferShape({ ...view, node });
      this.checkSize(shape);
      const tensor: Tensor = { name: node.outputs[0], shape, dtype: 'f32' };
      const format = parts.output ?? this.outputOf(op, inputs);
      Object.assign(tensor, format ?? calibrated({ ...view, outputs: [tensor] }, read, this.random));
      graph.tensors.set(tensor.name, tensor);
      checkNode(graph, node);
      const samples = read.map((sample) =>
        getOp(op).reference({ ...view, outputs: [tensor] }, sample, view.weights),
      );
      graph.nodes.push(node);
      this.note(tensor, samples);
      return tensor;
    } catch (error) {
      graph.tensors.delete(node.outputs[0]);
      added.forEach((weight) => graph.weights.delete(weight.name));
      throw error;
    }
  }

  private checkSize(shape: number[]): void {
    const most = this.large ? 10 * MOST_ELEMENTS : MOST_ELEMENTS;
    if (elements(shape) <= most && shape.length <= MAX_RANK) return;
    throw new RangeError(`output: expected at most ${most} elements, got [${shape}]`);
  }

  /** Undefined where an int8 output's scale is free. */
  private outputOf(op: string, inputs: Tensor[]): Format | undefined {
    const [first] = inputs;
    if (first === undefined || first.dtype === 'f32') return { dtype: 'f32' };
    return getOp(op).keepsQuantization ? { dtype: 'i8', quantization: first.quantization } : undefined;
  }

  /** Weights get the node's name; one that has a name is there already. */
  private named(node: string, weights: Record<string, Weight>): Record<string, Weight> {
    return Object.fromEntries(
      Object.entries(weights).map(([role, weight]) => [
        role,
        weight.name ? weight : { ...weight, name: `${node}/${role}` },
      ]),
    );
  }

  private note(tensor: Tensor, samples: Values[]): void {
    const { scale = 1, zeroPoint = 0 } = tensor.quantization ?? {};
    const facts: Facts = { finite: true, least: Infinity, largest: 0 };
    for (const sample of samples) {
      for (const value of sample) {
        const real = scale * (value - zeroPoint);
        facts.finite &&= Number.isFinite(real);
        facts.least = Math.min(facts.least, real);
        facts.largest = Math.max(facts.largest, Math.abs(real));
      }
    }
    this.values.set(tensor.name, samples);
    this.facts.set(tensor.name, facts);
  }
}
