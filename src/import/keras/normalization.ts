/** BatchNormalization, LayerNormalization, GroupNormalization, UnitNormalization. */
import { elements } from '../../graph/graph.js';
import { alongLast } from './activation-layers.js';
import type { LayerCall, LayerSpec } from './layer.js';

/** gamma and beta of that shape, those that the layer has. */
function scaling(call: LayerCall, shape: number[], graphShape = shape): Record<string, string> {
  const permutation = shape.map((_, axis) => axis);
  return {
    ...(call.config.flag('scale', true) && { gamma: call.weight('gamma', shape, permutation, graphShape) }),
    ...(call.config.flag('center', true) && { beta: call.weight('beta', shape, permutation, graphShape) }),
  };
}

export const batchNormalization: LayerSpec = {
  convert(call) {
    const shape = call.shapeOf(call.input);
    const [axis, ...more] = call.config.axes('axis', shape.length, -1);
    if (axis === undefined || more.length > 0) throw call.config.wrong('axis', 'one axis');
    const channels = [shape[axis]];
    const weights = {
      ...scaling(call, channels),
      mean: call.weight('moving_mean', channels),
      variance: call.weight('moving_variance', channels),
    };
    const attributes = { epsilon: call.config.number('epsilon', 0.001) };
    return alongLast(call, axis, (x) => call.node('batch_norm', [x], attributes, { weights }));
  },
};

/** Over several axes: they come last and become one. */
export const layerNormalization: LayerSpec = {
  faults: ({ rms_scaling: rms }) =>
    rms === true ? ['rms_scaling: expected false, got true; use a normalization with mean'] : [],
  convert(call) {
    const shape = call.shapeOf(call.input);
    const axes = call.config.axes('axis', shape.length, -1).toSorted((a, b) => a - b);
    const order = [...shape.keys()].filter((axis) => !axes.includes(axis)).concat(axes);
    const turned = call.transpose(call.input, order);
    const normal = axes.map((axis) => shape[axis]);
    const size = elements(normal);
    const rows = call.reshape(turned, [...call.shapeOf(turned).slice(0, -axes.length), size], 'rows');
    const attributes = { epsilon: call.config.number('epsilon', 0.001) };
    const y = call.node('layer_norm', [rows], attributes, { weights: scaling(call, normal, [size]) });
    const back = order.map((_, i) => order.indexOf(i));
    return call.transpose(call.reshape(y, call.shapeOf(turned)), back, 'back');
  },
};

/** Each group of channels, over all places, is a row of a layer normalization. */
export const groupNormalization: LayerSpec = {
  convert(call) {
    const [axis] = call.config.axes('axis', call.shapeOf(call.input).length, -1);
    return alongLast(call, axis, (x) => {
      const shape = call.shapeOf(x);
      const channels = shape[shape.length - 1];
      const setting = call.config.number('groups', 32);
      const groups = setting === -1 ? channels : setting;
      const size = channels / groups;
      if (!Number.isInteger(size)) throw call.config.wrong('groups', `a divisor of ${channels}`);
      const places = elements(shape) / channels;
      const split = call.reshape(x, [places, groups, size], 'groups');
      const rows = call.reshape(
        call.transpose(split, [1, 0, 2], 'by_group'),
        [groups, places * size],
        'rows',
      );
      const attributes = { epsilon: call.config.number('epsilon', 0.001) };
      const normal = call.node('layer_norm', [rows], attributes, { as: 'layer_norm' });
      const placed = call.transpose(
        call.reshape(normal, [groups, places, size], 'split'),
        [1, 0, 2],
        'by_place',
      );
      return scaled(call, call.reshape(placed, shape), [channels]);
    });
  },
};

/** `x * gamma + beta`, for those that the layer has. */
function scaled(call: LayerCall, x: string, shape: number[]): string {
  const { scale, center } = {
    scale: call.config.flag('scale', true),
    center: call.config.flag('center', true),
  };
  const y = scale ? call.node('mul', [x, call.weightTensor('gamma', shape)], {}, { as: 'scaled' }) : x;
  return center ? call.node('add', [y, call.weightTensor('beta', shape)]) : y;
}

export const unitNormalization: LayerSpec = {
  convert(call) {
    const axes = call.config.axes('axis', call.shapeOf(call.input).length, -1);
    return unit(call, call.input, axes, 'unit');
  },
};

/** x / sqrt(max(sum of squares, 1e-12)) */
export function unit(call: LayerCall, x: string, axes: number[], as: string): string {
  const square = call.node('square', [x], {}, { as: `${as}/square` });
  const sum = call.node('reduce_sum', [square], { axes, keepdims: 1 }, { as: `${as}/sum` });
  const least = call.node('max', [sum, call.constant(`${as}/epsilon`, [1e-12])], {}, { as: `${as}/max` });
  const inverse = call.node('rsqrt', [least], {}, { as: `${as}/rsqrt` });
  return call.node('mul', [x, inverse], {}, { as });
}
