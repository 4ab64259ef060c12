import type { GraphIndex, Node } from '../../graph/index.js';
import { uniform } from '../constants.js';
import { eachNode } from '../rewrite.js';
import { lineOf, productOf } from './algebra.js';

/** `max(x, a*x)` with a below 1 is leaky_relu. */
export const recognizeLeakyRelu = eachNode((index, node) => {
  if (node.op !== 'max' || index.outputOf(node).dtype !== 'f32') return;
  for (const [x, scaled] of [node.inputs, node.inputs.toReversed()]) {
    const { x: inner, a, b } = lineOf(index, scaled);
    if (inner !== x || b !== 0 || !(a >= 0 && a < 1)) continue;
    index.change(node, { op: 'leaky_relu', inputs: [x], attributes: { alpha: Math.fround(a) } });
    return;
  }
});

/** `relu(x) - a*relu(-x)`, and `relu(x) + a*(x - |x|)/2`, are prelu, or leaky_relu where a is one number. */
export const recognizePrelu = eachNode((index, node) => {
  if ((node.op !== 'add' && node.op !== 'sub') || index.outputOf(node).dtype !== 'f32') return;
  if ((node.attributes.activation ?? 'linear') !== 'linear') return;
  const orders = node.op === 'add' ? [node.inputs, node.inputs.toReversed()] : [node.inputs];
  for (const [positive, negative] of orders) {
    const relu = index.producerOf(positive);
    if (relu?.op !== 'relu') continue;
    const [x] = relu.inputs;
    const slope = slopeOf(index, negative, x, node.op === 'add' ? 1 : -1);
    const keeps = `${index.tensor(x).shape}` === `${index.outputOf(node).shape}`;
    if (slope && keeps) return become(index, node, x, slope);
  }
});

/** A number times a constant, if any. */
interface Slope {
  factor: number;
  constant?: string;
}

/** `sign * tensor` as `slope * min(x, 0)`. */
function slopeOf(index: GraphIndex, tensor: string, x: string, sign: number): Slope | undefined {
  const { factor, tensors } = productOf(index, tensor);
  const constant = tensors.find((name) => index.constantOf(name));
  const [rest, ...others] = tensors.filter((name) => name !== constant);
  const scale = rest === undefined || others.length > 0 ? undefined : halfOf(index, rest, x);
  return scale === undefined ? undefined : { factor: sign * factor * scale, constant };
}

/** How many times `min(x, 0)` the tensor is. */
function halfOf(index: GraphIndex, tensor: string, x: string): number | undefined {
  const node = index.producerOf(tensor);
  if (node?.op === 'relu') {
    const { x: inner, a, b } = lineOf(index, node.inputs[0]);
    return inner === x && a === -1 && b === 0 ? -1 : undefined;
  }
  const [first, second] = node?.op === 'sub' ? node.inputs : [];
  const abs = second === undefined ? undefined : index.producerOf(second);
  return first === x && abs?.op === 'abs' && abs.inputs[0] === x ? 2 : undefined;
}

function become(index: GraphIndex, node: Node, x: string, { factor, constant }: Slope): void {
  const number = constant === undefined ? 1 : uniform(index, constant);
  if (number !== undefined) {
    index.change(node, {
      op: 'leaky_relu',
      inputs: [x],
      attributes: { alpha: Math.fround(number * factor) },
    });
    return;
  }
  const { shape, data } = index.constantOf(constant!)!;
  const slope = Float32Array.from(data, (value) => value * factor);
  const inputs = [x, index.insertConstant(`${node.name}/slope`, shape, slope)];
  index.change(node, { op: 'prelu', inputs, attributes: {} });
}
