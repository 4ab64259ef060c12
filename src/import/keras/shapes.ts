/** Layers that only change a shape. */
import { elements } from '../../graph/graph.js';
import { channelsFirst, firstToLast, type LayerSpec } from './layer.js';

/** Channels come last before all is put in a row. */
export const flatten: LayerSpec = {
  convert(call) {
    const shape = call.shapeOf(call.input);
    const turned = channelsFirst(call.config.settings) && shape.length > 1;
    const x = turned ? call.transpose(call.input, firstToLast(shape.length)) : call.input;
    return call.reshape(x, [elements(shape)], '');
  },
};

/** One dimension may be -1, or null as tf.layers writes it: what the others leave. */
export const reshape: LayerSpec = {
  convert(call) {
    const from = call.shapeOf(call.input);
    const setting = call.config.settings.target_shape;
    const target = Array.isArray(setting) ? setting.map((dim: number | null) => dim ?? -1) : [0];
    const rest = elements(from) / elements(target.filter((dim) => dim !== -1));
    const shape = target.map((dim) => (dim === -1 ? rest : dim));
    if (shape.every((dim) => Number.isInteger(dim) && dim >= 1) && elements(shape) === elements(from)) {
      return call.reshape(call.input, shape, '');
    }
    const expected = `expected ${elements(from)} elements as in [${from}]`;
    throw call.shapeError(`target_shape: ${expected}, got ${JSON.stringify(setting)}`);
  },
};

/** `dims` counts axes from 1. */
export const permute: LayerSpec = {
  convert(call) {
    const { length } = call.shapeOf(call.input);
    const axes = call.config.axes('dims', length, []);
    if (new Set(axes).size !== length) throw call.config.wrong('dims', `an order of 1..${length}`);
    return call.transpose(call.input, axes, '');
  },
};

export const repeatVector: LayerSpec = {
  convert(call) {
    const [features] = call.shapeLike(['features']);
    const row = call.reshape(call.input, [1, features], 'row');
    return call.node('tile', [row], { repeats: [call.config.count('n'), 1] });
  },
};
