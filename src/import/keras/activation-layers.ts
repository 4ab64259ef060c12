/** Activations that are layers. */
import { activate, activationFaults } from './activations.js';
import type { LayerCall, LayerSpec } from './layer.js';

export const activation: LayerSpec = {
  faults: activationFaults,
  convert: (call) => activate(call, call.input, call.config.settings.activation),
};

/**
 * `x > threshold ? x : 0`, at most `max_value`, minus `negative_slope * (threshold - x)` below the threshold
 * (Keras, `backend.relu`).
 */
export const relu: LayerSpec = {
  convert(call) {
    const { config, input } = call;
    const ceiling = (config.settings.max_value ?? null) === null ? undefined : config.number('max_value', 0);
    const slope = config.number('negative_slope', 0);
    const threshold = config.number('threshold', 0);
    if (threshold === 0 && slope === 0 && ceiling === undefined) return call.node('relu', [input]);
    if (threshold === 0 && slope === 0 && ceiling === 6) return call.node('relu6', [input]);
    if (threshold === 0 && ceiling === undefined)
      return call.node('leaky_relu', [input], { alpha: Math.fround(slope) });
    const limits = { min: 0, max: Math.fround(ceiling ?? 3.4028234663852886e38) };
    if (threshold === 0 && slope === 0) return call.node('clip', [input], limits);
    const kept =
      threshold === 0 ? call.node('relu', [input], {}, { as: 'relu' }) : above(call, threshold, 'kept');
    const most = ceiling === undefined ? kept : call.node('clip', [kept], limits, { as: 'clip' });
    if (slope === 0) return most;
    const below = call.node('sub', [call.constant('threshold', [threshold]), input], {}, { as: 'below' });
    const negative = call.node('relu', [below], {}, { as: 'negative' });
    const sloped = call.node('mul', [negative, call.constant('slope', [slope])], {}, { as: 'sloped' });
    return call.node('sub', [most, sloped]);
  },
};

export const thresholdedRelu: LayerSpec = {
  convert: (call) => above(call, call.config.number('theta', 1)),
};

/** x where it is greater than the threshold, else 0. */
function above(call: LayerCall, threshold: number, as?: string): string {
  const limit = call.constant('limit', [threshold]);
  const greater = call.node('greater', [call.input, limit], {}, { as: 'greater' });
  return call.node('mul', [call.input, greater], {}, { as });
}

/** Keras 2 calls the slope alpha. */
export const leakyRelu: LayerSpec = {
  convert(call) {
    const key = call.config.settings.negative_slope === undefined ? 'alpha' : 'negative_slope';
    return call.node('leaky_relu', [call.input], { alpha: Math.fround(call.config.number(key, 0.3)) });
  },
};

export const elu: LayerSpec = {
  convert: (call) => call.node('elu', [call.input], { alpha: Math.fround(call.config.number('alpha', 1)) }),
};

/** A slope for each element, or for all along the shared axes. */
export const prelu: LayerSpec = {
  convert(call) {
    const shape = call.shapeOf(call.input).slice();
    for (const axis of call.config.axes('shared_axes', shape.length, [])) shape[axis] = 1;
    return call.node('prelu', [call.input, call.weightTensor('alpha', shape)]);
  },
};

export const softmax: LayerSpec = {
  convert(call) {
    const { length } = call.shapeOf(call.input);
    const [axis, ...more] = call.config.axes('axis', length, -1);
    if (axis === undefined || more.length > 0) throw call.config.wrong('axis', 'one axis');
    return alongLast(call, axis, (x) => call.node('softmax', [x]));
  },
};

/** `compute` with that axis last, and back. */
export function alongLast(call: LayerCall, axis: number, compute: (x: string) => string): string {
  const { length } = call.shapeOf(call.input);
  const order = Array.from({ length }, (_, i) => i).filter((i) => i !== axis);
  order.push(axis);
  const back = order.map((_, i) => order.indexOf(i));
  return call.transpose(compute(call.transpose(call.input, order)), back, 'back');
}
