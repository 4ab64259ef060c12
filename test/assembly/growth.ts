/** Random graphs of all int8 operators: branches, reuse of memory, in-place nodes, several inputs and outputs. */
import type { Attribute, Graph, Tensor, Weight } from '../../src/graph/graph.js';
import { getOp } from '../../src/ops/table.js';
import type { Random } from '../helpers/random.js';
import { linearOutput, linearWeights, tensor } from './models.js';

const BLOCKS: [number, number][] = [
  [1, 1],
  [1, 2],
  [2, 2],
  [4, 2],
];

/** Grows a graph node by node from one image. */
class Growth {
  readonly graph: Graph = {
    inputs: [],
    outputs: [],
    tensors: new Map(),
    weights: new Map(),
    nodes: [],
    metadata: {},
  };

  /** @param scale of sides and channels */
  constructor(
    readonly random: Random,
    readonly scale: number,
  ) {
    const r = random;
    const shape = [r.int(3, 14), r.int(3, 14), r.int(1, 6)].map((size) => size * scale);
    this.graph.inputs.push(this.add(tensor('x', shape, 'i8', r)).name);
  }

  add(tensor: Tensor): Tensor {
    this.graph.tensors.set(tensor.name, tensor);
    return tensor;
  }

  pick(): Tensor {
    return this.random.pick([...this.graph.tensors.values()].slice(-4));
  }

  node(
    op: string,
    inputs: Tensor[],
    attributes: Record<string, Attribute>,
    weights: Record<string, Weight>,
    output: Omit<Tensor, 'shape' | 'name'>,
  ): void {
    const name = `n${this.graph.nodes.length}`;
    const named = Object.entries(weights).map(
      ([role, w]) => [role, { ...w, name: `${name}/${role}` }] as const,
    );
    for (const [, weight] of named) this.graph.weights.set(weight.name, weight);
    const node = {
      name,
      op,
      inputs: inputs.map((x) => x.name),
      outputs: [`t${name}`],
      attributes,
      weights: Object.fromEntries(named.map(([role, weight]) => [role, weight.name])),
    };
    const shape =
      op === 'reshape'
        ? [inputs[0].shape.reduce((a, b) => a * b, 1)]
        : getOp(op).inferShape({
            node,
            inputs,
            attributes: { ...getOp(op).attributes, ...attributes } as never,
            weights,
          });
    this.add({ name: `t${name}`, shape, ...output });
    this.graph.nodes.push(node);
  }

  /** Adds one random node that fits the picked tensor. */
  grow(): void {
    const r = this.random;
    const x = this.pick();
    const like = { dtype: x.dtype, quantization: x.quantization };
    const choice = r.int(0, 7);
    if (choice === 0) return this.node(r.pick(['relu', 'relu6']), [x], {}, {}, like);
    if (choice === 1) {
      const same = [...this.graph.tensors.values()].filter((y) => String(y.shape) === String(x.shape));
      return this.node(
        'add',
        [x, r.pick(same)],
        { activation: r.pick(['linear', 'relu']) },
        {},
        this.fresh(0.05),
      );
    }
    if (x.shape.length !== 3) return this.growVector(x);
    if (choice === 2) return this.node('reshape', [x], {}, {}, like);
    if (choice === 3 && r.int(0, 2) === 0)
      return this.node('global_avg_pool2d', [x], {}, {}, this.fresh(0.01));
    if (choice <= 4 && Math.min(x.shape[0], x.shape[1]) > 1) return this.growPool(x);
    return this.growConvolution(x, choice === 5);
  }

  fresh(scale: number): Omit<Tensor, 'shape' | 'name'> {
    const { dtype, quantization } = tensor('', [], 'i8', this.random, scale);
    return { dtype, quantization };
  }

  growVector(x: Tensor): void {
    const r = this.random;
    const kernel = [r.int(1, 12 * this.scale), x.shape.at(-1)!];
    if (x.shape.length !== 1) return;
    const weights = linearWeights({ dtype: 'i8', kernel, block: r.pick(BLOCKS), density: r.next() }, r);
    this.node('dense', [x], {}, weights, linearOutput(x, kernel[1] / 2, r));
  }

  growPool(x: Tensor): void {
    const r = this.random;
    const op = r.pick(['max_pool2d', 'avg_pool2d']);
    const attributes = {
      size: [2, 2],
      strides: [r.int(1, 2), r.int(1, 2)],
      pads: [0, 0, r.int(0, 1), r.int(0, 1)],
    };
    const like = { dtype: x.dtype, quantization: x.quantization };
    this.node(op, [x], attributes, {}, op === 'max_pool2d' ? like : this.fresh(0.02));
  }

  growConvolution(x: Tensor, depthwise: boolean): void {
    const r = this.random;
    const taps = [r.int(1, 3), r.int(1, 3)];
    const strides = [r.int(1, 2), r.int(1, 2)];
    const attributes = {
      strides,
      pads: [taps[0] - 1, r.int(0, 2), r.int(0, 1), taps[1] - 1],
      activation: 'relu',
    };
    const channels = x.shape[2];
    const kernel = depthwise
      ? [channels * r.int(1, 2), ...taps, 1]
      : [r.int(1, 10 * this.scale), ...taps, channels];
    const weights = linearWeights({ dtype: 'i8', kernel, block: r.pick(BLOCKS), density: r.next() }, r);
    const terms = (taps[0] * taps[1] * (depthwise ? 1 : channels)) / 2;
    this.node(depthwise ? 'depthwise_conv2d' : 'conv2d', [x], attributes, weights, linearOutput(x, terms, r));
  }
}

/** A graph of a few nodes on one image, with three outputs of which some may be the same. */
export function growGraph(r: Random, scale = 1): Graph {
  const growth = new Growth(r, scale);
  const size = r.int(2, 14);
  while (growth.graph.nodes.length < size) growth.grow();
  const names = growth.graph.nodes.map((node) => node.outputs[0]);
  growth.graph.outputs.push(names.at(-1)!, r.pick(names), r.pick([...growth.graph.tensors.keys()]));
  return growth.graph;
}
