/** Layers that prepare inputs, and those that act while training alone. */
import { alongLast } from './activation-layers.js';
import type { LayerCall, LayerSpec } from './layer.js';

/** Layers that add noise or a penalty while training and do nothing else. */
export const identity: LayerSpec = { convert: (call) => call.inputs };

/** Dropout, SpatialDropout1D/2D */
export function dropout(unit: 'element' | 'channel'): LayerSpec {
  return {
    convert: (call) => call.node('dropout', [call.input], { rate: call.config.number('rate', 0), unit }),
  };
}

/** `x * scale + offset`; either may be one number or one for each channel. */
export const rescaling: LayerSpec = {
  convert(call) {
    const scaled = call.node('mul', [call.input, numbers(call, 'scale', 1)], {}, { as: 'scaled' });
    return call.node('add', [scaled, numbers(call, 'offset', 0)]);
  },
};

function numbers(call: LayerCall, key: string, fallback: number): string {
  const values = [call.config.settings[key] ?? fallback].flat(5) as unknown[];
  if (!values.every((value): value is number => typeof value === 'number'))
    throw call.config.wrong(key, 'numbers');
  return call.constant(key, values, values.length === 1 ? [] : [values.length]);
}

/** `(x - mean) / sqrt(variance)` with numbers in the settings, or counted by `adapt` and kept as weights. */
export const normalization: LayerSpec = {
  faults: ({ invert }) => (invert === true ? ['invert: expected false, got true; use Rescaling'] : []),
  convert(call) {
    const shape = call.shapeOf(call.input);
    const axes = call.config.settings.axis === null ? [] : call.config.axes('axis', shape.length, -1);
    if (axes.length > 1) throw call.config.wrong('axis', 'one axis, or none');
    return alongLast(call, axes[0] ?? shape.length - 1, (x) => {
      const size = axes.length === 0 ? [] : [shape[axes[0]]];
      const mean = statistic(call, 'mean', size);
      const variance = statistic(call, 'variance', size);
      const root = call.node('sqrt', [variance], {}, { as: 'sqrt' });
      const deviation = call.node('max', [root, call.constant('epsilon', [1e-7])], {}, { as: 'deviation' });
      const centered = call.node('sub', [x, mean], {}, { as: 'centered' });
      return call.node('div', [centered, deviation]);
    });
  },
};

function statistic(call: LayerCall, key: string, shape: number[]): string {
  const given = call.config.settings[key] ?? null;
  return given === null ? call.weightTensor(key, shape) : numbers(call, key, 0);
}
