import { elements, transposed, type GraphIndex, type Node, type Weight } from '../graph/index.js';
import { attributesOf } from '../ops/check.js';
import { eachNode } from './rewrite.js';

/**
 * A matmul with a constant is a layer that can be pruned and quantized: dense for one row, a 1x1 convolution for several, with
 * the rows as pixels.
 */
export const matmulToLayer = eachNode((index, node) => {
  if (node.op !== 'matmul' || index.constantOf(node.inputs[0])) return;
  const weight = index.constantOf(node.inputs[1]);
  const { transpose_a, transpose_b } = attributesOf(node);
  const { shape } = index.outputOf(node);
  if (!weight || weight.dtype !== 'f32' || elements(weight.shape.slice(0, -2)) !== 1 || transpose_a === 1)
    return;
  const [k, n] = transpose_b === 1 ? weight.shape.slice(-2).toReversed() : weight.shape.slice(-2);
  const rows = elements(shape.slice(0, -1));
  if (rows * k !== elements(index.tensor(node.inputs[0]).shape)) return;
  const data = transpose_b === 1 ? weight.data : transposed(weight.data, [k, n], [1, 0]);
  if (rows === 1) becomeLayer(index, node, 'dense', { ...weight, shape: [n, k], data }, [k], [n]);
  else {
    const isImage = shape.length === 3;
    const pixels = isImage ? shape.slice(0, 2) : [1, rows];
    becomeLayer(
      index,
      node,
      'conv2d',
      { ...weight, shape: [n, 1, 1, k], data },
      [...pixels, k],
      [...pixels, n],
    );
  }
});

/** `node` becomes the layer with that kernel, between reshapes where its shapes are others. */
function becomeLayer(
  index: GraphIndex,
  node: Node,
  op: string,
  kernel: Omit<Weight, 'name'>,
  from: number[],
  to: number[],
): void {
  let [x] = node.inputs;
  const reshaped = (name: string, shape: number[]): string =>
    index.insert({
      name: `${node.name}/${name}`,
      op: 'reshape',
      inputs: [x],
      output: { shape, dtype: 'f32' },
    }).outputs[0];
  if (`${index.tensor(x).shape}` !== `${from}`) x = reshaped('rows', from);
  const weights = { kernel: index.addWeight(`${node.name}/kernel`, kernel) };
  if (`${index.outputOf(node).shape}` === `${to}`) {
    index.change(node, { op, inputs: [x], attributes: {}, weights });
    return;
  }
  const output = { shape: to, dtype: 'f32' as const };
  const layer = index.insert({ name: `${node.name}/${op}`, op, inputs: [x], weights, output });
  index.change(node, { op: 'reshape', inputs: layer.outputs, attributes: {}, weights: {} });
}
