/** Dense, Embedding. */
import { elements } from '../../graph/graph.js';
import { activationFaults, withActivation } from './activations.js';
import type { LayerSpec } from './layer.js';

/** On a vector; on anything else it is a 1x1 convolution along the last axis. */
export const dense: LayerSpec = {
  faults: activationFaults,
  convert(call) {
    const shape = call.shapeOf(call.input);
    if (shape.length === 0) throw call.shapeError('expected an input [.., n], got []');
    const inputs = shape[shape.length - 1];
    const outputs = call.config.count('units');
    const isVector = shape.length === 1;
    const graphShape = isVector ? [outputs, inputs] : [outputs, 1, 1, inputs];
    const kernel = call.weight('kernel', [inputs, outputs], [1, 0], graphShape);
    const weights = { kernel, ...call.bias(outputs) };
    const image = shape.length === 3 ? shape : [1, elements(shape.slice(0, -1)), inputs];
    const x = isVector ? call.input : call.reshape(call.input, image, 'image');
    return withActivation(call, (activation) => {
      const y = call.node(isVector ? 'dense' : 'conv2d', [x], { activation }, { weights });
      return call.reshape(y, [...shape.slice(0, -1), outputs]);
    });
  },
};

export const embedding: LayerSpec = {
  faults: ({ mask_zero: masked }) =>
    masked === true
      ? ['mask_zero: expected false, got true; masks are not supported, cut the inputs to length']
      : [],
  convert(call) {
    const table = [call.config.count('input_dim'), call.config.count('output_dim')];
    return call.node('gather', [call.weightTensor('embeddings', table), call.input], { axis: 0 });
  },
};
