import { elements } from '../graph/index.js';
import { attributesOf } from '../ops/check.js';
import { isFloat } from './constants.js';
import { eachNode } from './rewrite.js';

/**
 * A convolution of one pixel by a kernel of one tap is a dense layer, which can give its scores in f32 where the rest is int8: the
 * last layer of MobileNetV1 as Keras has it. Outputs of the graph keep their shapes and stay as they are.
 */
export const pixelToDense = eachNode((index, node) => {
  if (node.op !== 'conv2d' || !isFloat(index, node)) return;
  const { shape, ...kernel } = index.graph.weights.get(node.weights.kernel)!;
  const [outputs, rows, columns, inputs] = shape;
  const [y] = node.outputs;
  const { pads, activation } = attributesOf(node);
  const isPadded = (pads as number[]).some((pad) => pad > 0);
  const isDense =
    !isPadded && rows * columns === 1 && elements(index.tensor(node.inputs[0]).shape) === inputs;
  if (!isDense || elements(index.tensor(y).shape) !== outputs || index.isOutput(y)) return;
  const reshape = (name: string, input: string, to: number[]): string =>
    index.insert({
      name: `${node.name}/${name}`,
      op: 'reshape',
      inputs: [input],
      output: { shape: to, dtype: 'f32' },
    }).outputs[0];
  const readers = index.readersOf(y);
  const image = reshape('image', y, index.tensor(y).shape);
  readers.forEach((reader) => index.replaceInput(reader, y, image));
  index.tensor(y).shape = [outputs];
  index.change(node, {
    op: 'dense',
    inputs: [reshape('vector', node.inputs[0], [inputs])],
    attributes: { activation },
    weights: {
      ...node.weights,
      kernel: index.addWeight(`${node.name}/matrix`, { ...kernel, shape: [outputs, inputs] }),
    },
  });
});
