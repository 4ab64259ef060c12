/**
 * Builds a graph from foreign operators whose shapes count the batch (docs/operators.md, "How foreign shapes become
 * these"). Nodes whose inputs are all constants are evaluated at once: shape arithmetic never reaches the graph.
 */
import {
  elements,
  replaceTensorName,
  transposed,
  uniqueName,
  type Graph,
  type Node,
  type Quantization,
  type Weight,
} from '../graph/index.js';
import { GraphBuilder } from './builder.js';
import { ImportError } from './errors.js';
import { Allowance } from './allowance.js';
import { evaluate } from './evaluate.js';
import {
  axisOf,
  broadcastShape,
  completeShape,
  graphShape,
  type ConstantData,
  type ForeignWeightData,
  type Value,
} from './values.js';

type Attributes = Node['attributes'];
type Weights = Record<string, ForeignWeightData>;

/** How a value's shape stands in the graph: without its batch axis of 1, or whole. */
type View = 'batched' | 'whole';

export class ForeignBuilder {
  readonly #graph = new GraphBuilder();
  /** Constant -> name of its node, by the shape it stands in. */
  readonly #constants = new Map<ConstantData, Map<string, string>>();
  readonly #allowance = new Allowance();

  /** @param shape full; its first axis is the batch, 1 */
  input(name: string, shape: number[]): Value {
    return { shape, tensor: this.#graph.input(name, graphShape(shape)) };
  }

  constant(data: ConstantData, shape: number[]): Value {
    return { shape, constant: data };
  }

  /** A constant that the model only describes; ImportError for an impossible shape, or one larger than allowed. */
  computed(name: string, shape: number[], at: (index: number) => number): Value {
    if (!shape.every((dim) => Number.isInteger(dim) && dim >= 0))
      throw new ImportError(
        'value',
        `${name}: expected whole numbers of at least 0 for a shape, got [${shape}]`,
      );
    const count = elements(shape);
    this.#allowance.take(name, count);
    const data = new Float32Array(count);
    for (let i = 0; i < count; i++) data[i] = at(i);
    return this.constant(this.#allowance.made(data), shape);
  }

  /**
   * Adds a node. `attributes` speak of the graph's axes.
   * @param shape full, of the output; default: the graph's, with a batch of 1 in front where the first input has one
   * @param quantization of an int8 output; operators that keep their input's need none
   */
  op(
    name: string,
    op: string,
    inputs: Value[],
    attributes: Attributes = {},
    weights: Weights = {},
    shape?: number[],
    quantization?: Quantization,
  ): Value {
    return this.#node(name, op, inputs.map(batched), attributes, weights, shape, quantization);
  }

  /** Two that broadcast. */
  binary(
    name: string,
    op: string,
    a: Value,
    b: Value,
    attributes: Attributes = {},
    quantization?: Quantization,
  ): Value {
    return this.op(name, op, [a, b], attributes, {}, broadcastShape(a.shape, b.shape, name), quantization);
  }

  /** @param shape full; -1 for what the others leave */
  reshape(value: Value, shape: readonly number[], name = 'reshape'): Value {
    const full = completeShape(shape, value.shape, name);
    if (value.constant) return { shape: full, constant: value.constant };
    return { ...value, shape: full, tensor: this.#shaped(name, value.tensor!, graphShape(full)) };
  }

  transpose(value: Value, permutation: readonly number[], name = 'transpose'): Value {
    const order = permutation.map((axis) => axisOf(axis, value.shape.length, name));
    const shape = order.map((axis) => value.shape[axis]);
    if (new Set(order).size !== value.shape.length)
      throw new ImportError(
        'shape',
        `${name}: expected an order of ${value.shape.length} axes, got [${permutation}]`,
      );
    if (order.every((axis, i) => axis === i)) return value;
    if (value.constant)
      return { shape, constant: transposed(value.constant as Float32Array, value.shape, order) };
    const view = viewOf(value.shape[0] === 1 && order[0] === 0);
    return this.#node(name, 'transpose', [[value, view]], { permutation: graphAxes(order, view) }, {}, shape);
  }

  concat(name: string, values: Value[], axis: number): Value {
    if (values.length === 0)
      throw new ImportError('shape', `${name}: expected at least one tensor to join, got none`);
    const at = axisOf(axis, values[0].shape.length, name);
    const shape = values[0].shape.slice();
    shape[at] = values.reduce((sum, value) => sum + value.shape[at], 0);
    const misfit = values.find((value) => `${replaced(value.shape, at, 0)}` !== `${replaced(shape, at, 0)}`);
    if (misfit)
      throw new ImportError(
        'shape',
        `${name}: expected shapes like [${values[0].shape}] but for axis ${at}, got [${misfit.shape}]`,
      );
    if (values.length === 1) return values[0];
    const view = viewOf(shape[0] === 1 && at > 0);
    const attributes = { axis: graphAxis(at, view) };
    return this.#node(
      name,
      'concat',
      values.map((value) => [value, view]),
      attributes,
      {},
      shape,
    );
  }

  /** `size` elements of each axis from `begin` on, `strides` apart (default 1, may be negative). */
  slice(
    name: string,
    value: Value,
    begin: readonly number[],
    size: readonly number[],
    strides: readonly number[] = begin.map(() => 1),
  ): Value {
    const whole = strides.every((stride) => stride === 1) && `${size}` === `${value.shape}`;
    if (whole) return value;
    const view = viewOf(value.shape[0] === 1 && size[0] === 1);
    const cut = (list: readonly number[]): number[] => list.slice(view === 'batched' ? 1 : 0);
    const attributes = { begin: cut(begin), size: cut(size), strides: cut(strides) };
    return this.#node(name, 'slice', [[value, view]], attributes, {}, size.slice());
  }

  /** @param mode see `pad` in docs/operators.md */
  pad(
    name: string,
    value: Value,
    before: readonly number[],
    after: readonly number[],
    mode = 'constant',
    fill = 0,
  ): Value {
    if ([...before, ...after].every((count) => count === 0)) return value;
    const shape = value.shape.map((dim, axis) => dim + before[axis] + after[axis]);
    const view = viewOf(shape[0] === 1 && value.shape[0] === 1);
    const from = view === 'batched' ? 1 : 0;
    const pads = [...before.slice(from), ...after.slice(from)];
    return this.#node(name, 'pad', [[value, view]], { pads, mode, value: Math.fround(fill) }, {}, shape);
  }

  /** reduce_*, over `axes`; none: over all. */
  reduce(name: string, op: string, value: Value, axes: readonly number[], keepdims: boolean): Value {
    const rank = value.shape.length;
    const all = axes.length === 0 ? value.shape.map((_, axis) => axis) : axes;
    const over = new Set(all.map((axis) => axisOf(axis, rank, name)));
    const kept = value.shape.map((dim, axis) => (over.has(axis) ? 1 : dim));
    const shape = keepdims ? kept : value.shape.filter((_, axis) => !over.has(axis));
    if (rank === 0) return value;
    const view = viewOf(value.shape[0] === 1 && !over.has(0));
    const attributes = {
      axes: graphAxes(
        [...over].sort((a, b) => a - b),
        view,
      ),
      keepdims: keepdims ? 1 : 0,
    };
    return this.#node(name, op, [[value, view]], attributes, {}, shape);
  }

  /** argmax, argmin */
  argReduce(name: string, op: string, value: Value, axis: number, keepdims: boolean): Value {
    const at = axisOf(axis, value.shape.length, name);
    const shape = value.shape.flatMap((dim, i) => (i !== at ? [dim] : keepdims ? [1] : []));
    const view = viewOf(value.shape[0] === 1 && at > 0);
    const attributes = { axis: graphAxis(at, view), keepdims: keepdims ? 1 : 0 };
    return this.#node(name, op, [[value, view]], attributes, {}, shape);
  }

  gather(name: string, value: Value, indices: Value, axis: number): Value {
    const at = axisOf(axis, value.shape.length, name);
    const shape = [...value.shape.slice(0, at), ...indices.shape, ...value.shape.slice(at + 1)];
    const view = viewOf(value.shape[0] === 1 && at > 0);
    const inputs: [Value, View][] = [
      [value, view],
      [indices, 'whole'],
    ];
    return this.#node(name, 'gather', inputs, { axis: graphAxis(at, view) }, {}, shape);
  }

  gatherNd(name: string, value: Value, indices: Value): Value {
    const depth = indices.shape.at(-1)!;
    const shape = [...indices.shape.slice(0, -1), ...value.shape.slice(depth)];
    return this.#node(
      name,
      'gather_nd',
      [
        [value, 'whole'],
        [indices, 'whole'],
      ],
      {},
      {},
      shape,
    );
  }

  matmul(name: string, a: Value, b: Value, transposeA = false, transposeB = false): Value {
    const [m, k] = matrixOf(a.shape, transposeA);
    const [l, n] = matrixOf(b.shape, transposeB);
    if (k !== l)
      throw new ImportError(
        'shape',
        `${name}: expected matrices that fit, got [${a.shape}] and [${b.shape}]`,
      );
    const shape = [...broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2), name), m, n];
    const views = [a, b].map((value): [Value, View] => [value, viewOf(value.shape.length > 2)]);
    const attributes = { transpose_a: transposeA ? 1 : 0, transpose_b: transposeB ? 1 : 0 };
    return this.#node(name, 'matmul', views, attributes, {}, shape);
  }

  softmax(name: string, value: Value, axis: number): Value {
    const { length } = value.shape;
    const at = axisOf(axis, length, name);
    const order = value.shape.map((_, i) => (i === at ? length - 1 : i === length - 1 ? at : i));
    const last = this.transpose(value, order, `${name}/transpose`);
    const view = viewOf(length > 1);
    const scores = this.#node(name, 'softmax', [[last, view]], {}, {}, last.shape);
    return this.transpose(scores, order, `${name}/back`);
  }

  expand(name: string, value: Value, target: readonly number[]): Value {
    const shape = broadcastShape(value.shape, target, name);
    if (`${shape}` === `${value.shape}`) return value;
    const view = viewOf(shape[0] === 1);
    return this.#node(
      name,
      'expand',
      [[value, view]],
      { shape: view === 'batched' ? shape.slice(1) : shape },
      {},
      shape,
    );
  }

  tile(name: string, value: Value, repeats: readonly number[]): Value {
    const rank = value.shape.length;
    if (repeats.length !== rank || !repeats.every((count) => Number.isInteger(count) && count >= 0))
      throw new ImportError(
        'shape',
        `${name}: repeats: expected ${rank} whole numbers of at least 0, got [${repeats}]`,
      );
    const shape = value.shape.map((dim, axis) => dim * repeats[axis]);
    if (`${shape}` === `${value.shape}`) return value;
    const view = viewOf(shape[0] === 1);
    return this.#node(
      name,
      'tile',
      [[value, view]],
      { repeats: repeats.slice(view === 'batched' ? 1 : 0) },
      {},
      shape,
    );
  }

  /** True where the graph's tensor lacks a first axis that the foreign one has. */
  isBatched(value: Value): boolean {
    return value.shape[0] === 1;
  }

  /** A full axis as the graph counts it; -1 for the batch. */
  axis(value: Value, axis: number): number {
    return axisOf(axis, value.shape.length, 'axis') - (this.isBatched(value) ? 1 : 0);
  }

  /** The shape of a value's tensor in the graph. */
  graphShape(value: Value): number[] {
    return graphShape(value.shape);
  }

  /** The name of the value's tensor in the graph; a constant gets a node. */
  tensor(value: Value): string {
    return this.#tensorOf(value, 'batched');
  }

  /** @param outputs their tensors take the foreign names, before tensors inside the graph */
  finish(outputs: readonly { name: string; value: Value }[], metadata: Graph['metadata']): Graph {
    const tensors = outputs.map(({ value }) => this.tensor(value));
    const graph = this.#graph.finish(tensors, metadata);
    outputs.forEach(({ name }, i) => {
      const ours = tensors.filter((tensor) => tensor === tensors[i]).length === 1;
      if (!ours || tensors[i] === name || graph.inputs.includes(tensors[i])) return;
      const isInside = !graph.inputs.includes(name) && !tensors.includes(name);
      if (isInside) replaceTensorName(graph, name, uniqueName(graph.tensors, name));
      replaceTensorName(graph, tensors[i], name);
    });
    return graph;
  }

  #node(
    name: string,
    op: string,
    inputs: readonly (readonly [Value, View])[],
    attributes: Attributes,
    weights: Weights = {},
    shape?: number[],
    quantization?: Quantization,
  ): Value {
    if (inputs.length > 0 && inputs.every(([{ constant }]) => constant)) {
      const known = evaluate(
        name,
        op,
        inputs.map(([value, view]) => operand(value, view)),
        attributes,
        weights,
        this.#allowance,
      );
      if (known) return { constant: known.data, shape: shape ?? foreignShape(known.shape, inputs) };
    }
    const names = inputs.map(([value, view]) => this.#tensorOf(value, view));
    const roles = Object.entries(weights).map(([role, weight]) => [
      role,
      this.#weight(`${name}/${role}`, weight),
    ]);
    const wanted = op === 'reshape' && shape ? graphShape(shape) : undefined;
    const tensor = this.#graph.node(
      name,
      op,
      names,
      attributes,
      Object.fromEntries(roles),
      wanted,
      quantization,
    );
    const inferred = this.#graph.shapeOf(tensor);
    const full = shape ?? foreignShape(inferred, inputs);
    if (elements(full) !== elements(inferred))
      throw new ImportError('shape', `${name} (${op}): expected [${full}], got [${inferred}]`);
    const output = this.#shaped(`${name}/reshape`, tensor, graphShape(full));
    return { shape: full, tensor: output, quantization: this.#graph.quantizationOf(output) };
  }

  /** The tensor of a value as an operator wants to see it. */
  #tensorOf(value: Value, view: View): string {
    const shape = view === 'batched' ? graphShape(value.shape) : value.shape;
    if (value.constant) return this.#constantNode(value.constant, shape);
    return this.#shaped(`${value.tensor}/whole`, value.tensor!, shape);
  }

  #shaped(name: string, tensor: string, shape: readonly number[]): string {
    if (`${this.#graph.shapeOf(tensor)}` === `${shape}`) return tensor;
    return this.#graph.node(name, 'reshape', [tensor], {}, {}, shape.slice());
  }

  #constantNode(data: ConstantData, shape: number[]): string {
    const known = this.#constants.get(data) ?? new Map<string, string>();
    this.#constants.set(data, known);
    const done = known.get(`${shape}`);
    if (done !== undefined) return done;
    const values = { shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
    const node = this.#graph.node(
      'constant',
      'constant',
      [],
      {},
      { value: this.#weight('constant', values) },
    );
    known.set(`${shape}`, node);
    return node;
  }

  #weight(name: string, { shape, data }: ForeignWeightData): string {
    const kept = data instanceof Float32Array || data instanceof Int8Array || data instanceof Int32Array;
    return this.#graph.data(name, shape, kept ? data : (Float32Array.from(data) as Weight['data']));
  }
}

function batched(value: Value): [Value, View] {
  return [value, 'batched'];
}

function viewOf(isBatched: boolean): View {
  return isBatched ? 'batched' : 'whole';
}

/** The graph's shape of an output, with a batch in front where its first input's tensor lacks that. */
function foreignShape(shape: number[], inputs: readonly (readonly [Value, View])[]): number[] {
  const isStripped = inputs.length > 0 && inputs[0][1] === 'batched' && inputs[0][0].shape[0] === 1;
  return isStripped ? [1, ...shape] : shape;
}

function operand(value: Value, view: View): { shape: number[]; data: ConstantData } {
  return { shape: view === 'batched' ? graphShape(value.shape) : value.shape, data: value.constant! };
}

function graphAxis(axis: number, view: View): number {
  return view === 'batched' ? axis - 1 : axis;
}

/** Those of an order or a list; the batch axis is not among them. */
function graphAxes(axes: readonly number[], view: View): number[] {
  return axes.map((axis) => graphAxis(axis, view)).filter((axis) => axis >= 0);
}

function replaced(shape: readonly number[], axis: number, dim: number): number[] {
  return shape.map((old, i) => (i === axis ? dim : old));
}

function matrixOf(shape: readonly number[], isTransposed: boolean): [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2);
  return isTransposed ? [columns, rows] : [rows, columns];
}
