import { elements, transposed, type GraphIndex, type Node } from '../graph/index.js';
import { attributesOf } from '../ops/check.js';
import { ops } from '../ops/table.js';
import { eachNode } from './rewrite.js';

/** Operators of one value, and of several that broadcast: a transpose may come after them as well as before. */
const ELEMENTWISE: ReadonlySet<string> = new Set(
  'add sub mul div pow squared_difference floor_div floor_mod atan2 min max equal not_equal less less_equal greater greater_equal logical_and logical_or where prelu relu relu6 leaky_relu elu hard_sigmoid clip gelu swish selu sigmoid tanh hard_swish softplus softsign mish abs neg exp log sqrt rsqrt reciprocal square sin cos erf floor ceil round trunc sign logical_not dropout quantize dequantize lookup'
    .split(' ')
    .filter((name) => ops.has(name)),
);

/** Transposes one after another are one, or none. */
export const mergeTransposes = eachNode((index, node) => {
  if (node.op !== 'transpose') return;
  const before = index.producerOf(node.inputs[0]);
  if (before?.op !== 'transpose') return;
  const [first, second] = [before, node].map((each) => attributesOf(each).permutation as number[]);
  const permutation = second.map((axis) => first[axis]);
  if (permutation.some((axis, i) => axis !== i))
    index.change(node, { inputs: before.inputs, attributes: { permutation } });
  else {
    index.change(node, { op: 'reshape', inputs: before.inputs, attributes: {} });
    index.bypass(node);
  }
});

/**
 * Moves transposes towards the outputs, past operators that do not mind, so that they meet those that undo them: elementwise
 * ones whose other operands can be had in the same order for nothing, and concat, pad and reductions, which only name their axes anew.
 */
export const sinkTransposes = eachNode((index, node) => {
  const producers = node.inputs.map((name) => index.producerOf(name));
  const first = producers.find((producer) => producer?.op === 'transpose');
  if (!first) return;
  const permutation = attributesOf(first).permutation as number[];
  if (ELEMENTWISE.has(node.op)) sinkElementwise(index, node, permutation);
  else if (node.op === 'concat') sinkConcat(index, node, permutation);
  else if (node.op === 'pad') sinkPad(index, node, permutation);
  else if (node.op.startsWith('reduce_')) absorbInReduction(index, node, permutation);
});

function sinkElementwise(index: GraphIndex, node: Node, permutation: number[]): void {
  const { shape } = index.outputOf(node);
  const moved = node.inputs.filter((name) => isTransposed(index, name, permutation));
  const grows = moved.every((name) => elements(index.tensor(name).shape) < elements(shape));
  if (shape.length !== permutation.length || grows) return;
  const sources = node.inputs.map((name) => unmoved(index, node, name, permutation));
  if (sources.includes(undefined)) return;
  sink(
    index,
    node,
    permutation,
    sources.map((source) => source!()),
    node.attributes,
  );
}

function sinkConcat(index: GraphIndex, node: Node, permutation: number[]): void {
  if (!node.inputs.every((name) => isTransposed(index, name, permutation))) return;
  const axis = permutation[attributesOf(node).axis as number];
  sink(
    index,
    node,
    permutation,
    node.inputs.map((name) => index.producerOf(name)!.inputs[0]),
    { axis },
  );
}

function sinkPad(index: GraphIndex, node: Node, permutation: number[]): void {
  const attributes = attributesOf(node);
  const pads = attributes.pads as number[];
  const { length } = permutation;
  const moved = [...pads];
  permutation.forEach((axis, i) => {
    moved[axis] = pads[i];
    moved[axis + length] = pads[i + length];
  });
  sink(index, node, permutation, index.producerOf(node.inputs[0])!.inputs, { ...attributes, pads: moved });
}

/** Without the transpose the reduction leaves the same axes, in the same order where none or one is left. */
function absorbInReduction(index: GraphIndex, node: Node, permutation: number[]): void {
  const { axes } = attributesOf(node) as { axes: number[] };
  const source = index.producerOf(node.inputs[0])!.inputs[0];
  const { shape } = index.tensor(source);
  const left = permutation.filter((axis, i) => !axes.includes(i) && shape[axis] > 1);
  if (left.some((axis, i) => i > 0 && axis < left[i - 1])) return;
  const attributes = { axes: axes.map((axis) => permutation[axis]).toSorted((a, b) => a - b), keepdims: 0 };
  const kept = shape.filter((_, axis) => !attributes.axes.includes(axis));
  const { op, name } = node;
  if (`${kept}` === `${index.outputOf(node).shape}`) index.change(node, { inputs: [source], attributes });
  else {
    const output = { shape: kept, dtype: 'f32' as const };
    const reduced = index.insert({ name: `${name}/reduced`, op, inputs: [source], attributes, output });
    index.change(node, { op: 'reshape', inputs: reduced.outputs, attributes: {} });
  }
}

/** The operator on what is not transposed yet, then the transpose, as `node`. */
function sink(
  index: GraphIndex,
  node: Node,
  permutation: number[],
  inputs: string[],
  attributes: Node['attributes'],
): void {
  const output = index.outputOf(node);
  const shape = [...output.shape];
  permutation.forEach((axis, i) => (shape[axis] = output.shape[i]));
  const { op, weights, name } = node;
  const made = index.insert({
    name: `${name}/${op}`,
    op,
    inputs,
    attributes,
    weights,
    output: { ...output, shape },
  });
  index.change(node, { op: 'transpose', inputs: made.outputs, attributes: { permutation }, weights: {} });
}

function isTransposed(index: GraphIndex, tensor: string, permutation: number[]): boolean {
  const producer = index.producerOf(tensor);
  return producer?.op === 'transpose' && `${attributesOf(producer).permutation}` === `${permutation}`;
}

/** How to have an operand in the order before the transpose; undefined where that would take a transpose of its own. */
function unmoved(
  index: GraphIndex,
  node: Node,
  name: string,
  permutation: number[],
): (() => string) | undefined {
  if (isTransposed(index, name, permutation)) return () => index.producerOf(name)!.inputs[0];
  const { shape, ...tensor } = index.tensor(name);
  const full = [...permutation.slice(shape.length).map(() => 1), ...shape];
  const target = [...full];
  permutation.forEach((axis, i) => (target[axis] = full[i]));
  const constant = index.constantOf(name);
  if (elements(shape) === 1 && shape.length === 0) return () => name;
  if (full.filter((dim) => dim > 1).length <= 1) {
    const output = { ...tensor, shape: target };
    return () =>
      index.insert({ name: `${node.name}/reshape`, op: 'reshape', inputs: [name], output }).outputs[0];
  }
  if (constant?.dtype !== 'f32') return undefined;
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  return () =>
    index.insertConstant(`${name}/moved`, target, transposed(constant.data as Float32Array, full, inverse));
}
