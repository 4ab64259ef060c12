import { attributesOf } from '../../ops/check.js';
import { padIndices } from '../../ops/pad.js';
import type { GraphIndex, Node } from '../../graph/index.js';
import { eachNode } from '../rewrite.js';

/** A pad by reflection or of edges is a gather along each axis that it pads. */
export const lowerPad = eachNode((index, node) => {
  if (node.op !== 'pad') return;
  const attributes = attributesOf(node);
  const pads = attributes.pads as number[];
  const { shape } = index.tensor(node.inputs[0]);
  const axes = shape.flatMap((_, axis) => (pads[axis] > 0 || pads[axis + shape.length] > 0 ? [axis] : []));
  if (axes.length === 0) index.bypass(node);
  else if (attributes.mode !== 'constant')
    gatherEach(index, node, new Map(axes.map((axis) => [axis, padIndices(shape, axis, attributes)])));
});

/** `node` becomes gathers of its first input along each axis: the elements at `indices`. */
export function gatherEach(
  index: GraphIndex,
  node: Node,
  indices: ReadonlyMap<number, readonly number[]>,
): void {
  const input = index.tensor(node.inputs[0]);
  let [from] = node.inputs;
  let { shape } = input;
  const axes = [...indices.keys()];
  axes.forEach((axis, i) => {
    const data = Float32Array.from(indices.get(axis)!);
    const name = `${node.name}/axis${axis}`;
    const inputs = [from, index.insertConstant(`${name}/indices`, [data.length], data)];
    if (i === axes.length - 1) {
      index.change(node, { op: 'gather', inputs, attributes: { axis }, weights: {} });
      return;
    }
    shape = shape.with(axis, data.length);
    const { dtype, quantization } = input;
    const output = { shape, dtype, ...(quantization && { quantization }) };
    [from] = index.insert({ name, op: 'gather', inputs, attributes: { axis }, output }).outputs;
  });
}
