import { elements, type Attribute, type Graph, type Weight } from '../../src/graph/index.js';
import { attributesOf } from '../../src/ops/check.js';
import { getOp } from '../../src/ops/table.js';
import { random } from './random.js';

type Shapes = Record<string, number[]>;

/** Builds small graphs node by node; shapes are inferred, weights are seeded normal numbers. */
export class GraphBuilder {
  readonly graph: Graph;
  readonly #random;

  constructor(inputShape: number[], seed = 1) {
    this.#random = random(seed);
    const input = { name: 'input', shape: inputShape, dtype: 'f32' as const };
    this.graph = {
      inputs: ['input'],
      outputs: ['input'],
      tensors: new Map([['input', input]]),
      weights: new Map(),
      nodes: [],
      metadata: {},
    };
  }

  /** Adds a node that reads `inputs` (default: the last node's output), whose output becomes the graph's. */
  add(
    op: string,
    attributes: Record<string, Attribute> = {},
    shapes: Shapes = {},
    options: { name?: string; inputs?: string[]; shape?: number[] } = {},
  ): this {
    const { graph } = this;
    const name = options.name ?? `${op}${graph.nodes.length}`;
    const inputs = options.inputs ?? [...graph.outputs];
    const weights = Object.fromEntries(
      Object.entries(shapes).map(([role, shape]) => [role, this.#weight(`${name}/${role}`, role, shape)]),
    );
    const node = { name, op, inputs, outputs: [name], attributes, weights };
    graph.nodes.push(node);
    const inferred = getOp(op).inferShape({
      node,
      inputs: inputs.map((tensor) => graph.tensors.get(tensor)!),
      attributes: attributesOf(node),
      weights: Object.fromEntries(
        Object.entries(weights).map(([role, weight]) => [role, graph.weights.get(weight)!]),
      ),
    });
    graph.tensors.set(name, { name, shape: options.shape ?? inferred, dtype: 'f32' });
    graph.outputs = [name];
    return this;
  }

  #weight(name: string, role: string, shape: number[]): string {
    const fan = Math.max(1, elements(shape.slice(1)));
    const spread = role === 'kernel' ? Math.sqrt(2 / fan) : 0.2;
    const positive = role === 'variance' || role === 'gamma';
    const data = Float32Array.from({ length: elements(shape) }, () => {
      const value = this.#random.normal() * spread;
      return positive ? 0.5 + Math.abs(value) : value;
    });
    const weight: Weight = { name, shape, dtype: 'f32', data, block: [1, 1] };
    this.graph.weights.set(name, weight);
    return name;
  }
}

/** LeNet-300-100 on 28 x 28 images; `hidden` makes it smaller. */
export function perceptron(hidden = [300, 100], inputs = [28, 28, 1], classes = 10): Graph {
  const builder = new GraphBuilder(inputs).add('reshape', {}, {}, { shape: [elements(inputs)] });
  let from = elements(inputs);
  hidden.forEach((units, i) => {
    builder.add(
      'dense',
      { activation: 'relu' },
      { kernel: [units, from], bias: [units] },
      { name: `fc${i + 1}` },
    );
    from = units;
  });
  return builder
    .add('dense', {}, { kernel: [classes, from], bias: [classes] }, { name: 'logits' })
    .add('softmax', {}, {}, { name: 'scores' }).graph;
}

/** LeNet-5 as Caffe draws it: 20 and 50 filters of 5 x 5, 500 units; `widths` makes it smaller. */
export function lenet5(widths = [20, 50, 500]): Graph {
  const [first, second, hidden] = widths;
  const pool = { size: [2, 2], strides: [2, 2] };
  return new GraphBuilder([28, 28, 1])
    .add('conv2d', {}, { kernel: [first, 5, 5, 1], bias: [first] }, { name: 'conv1' })
    .add('max_pool2d', pool)
    .add('conv2d', {}, { kernel: [second, 5, 5, first], bias: [second] }, { name: 'conv2' })
    .add('max_pool2d', pool)
    .add('reshape', {}, {}, { shape: [16 * second] })
    .add('dense', { activation: 'relu' }, { kernel: [hidden, 16 * second], bias: [hidden] }, { name: 'fc1' })
    .add('dense', {}, { kernel: [10, hidden], bias: [10] }, { name: 'logits' })
    .add('softmax', {}, {}, { name: 'scores' }).graph;
}
