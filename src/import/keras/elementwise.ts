/** Layers without a kernel: activations, shapes, sums, normalization, and those that only act while training. */
import { elements } from '../../graph/graph.js';
import { ImportError } from '../errors.js';
import { activationFault, type Settings } from './config.js';
import { channelFaults, layerWeight, nodeName, type LayerCall, type LayerSpec } from './layer.js';

export const activation: LayerSpec = {
  faults: (settings) => [activationFault(settings) ?? []].flat(),
  convert: (call) => activationNode(call, call.config.activation()),
};

/** ReLU with a ceiling of 6 or none. */
export const relu: LayerSpec = {
  faults(settings) {
    const faults: string[] = [];
    const ceiling = settings.max_value ?? null;
    if (ceiling !== null && ceiling !== 6)
      faults.push(`max_value: expected none or 6, got ${String(ceiling)}`);
    for (const key of ['negative_slope', 'threshold']) {
      const value = settings[key] ?? 0;
      if (Number(value) !== 0) faults.push(`${key}: expected 0, got ${JSON.stringify(value)}`);
    }
    return faults;
  },
  convert: (call) => activationNode(call, call.config.settings.max_value === 6 ? 'relu6' : 'relu'),
};

export const softmax: LayerSpec = {
  convert(call) {
    checkLastAxis(call);
    return activationNode(call, 'softmax');
  },
};

function activationNode(call: LayerCall, op: string): string {
  return op === 'linear' ? call.inputs[0] : call.builder.node(nodeName(call), op, call.inputs);
}

/** A sum of more than two is a chain. */
export const add: LayerSpec = {
  convert(call) {
    const { inputs, builder } = call;
    if (inputs.length < 2) {
      throw new ImportError('shape', `${nodeName(call)}: expected at least 2 inputs, got ${inputs.length}`);
    }
    return inputs.reduce((sum, input) => builder.node(nodeName(call), 'add', [sum, input]));
  },
};

export const flatten: LayerSpec = {
  faults: channelFaults,
  convert: (call) => reshaped(call, [elements(call.builder.shapeOf(call.inputs[0]))]),
};

/** One dimension may be -1, or null as tf.layers writes it: what the others leave. */
export const reshape: LayerSpec = {
  convert(call) {
    const from = call.builder.shapeOf(call.inputs[0]);
    const setting = call.config.settings.target_shape;
    const target = Array.isArray(setting) ? setting.map((dim: number | null) => dim ?? -1) : [0];
    const rest = elements(from) / elements(target.filter((dim) => dim !== -1));
    const shape = target.map((dim) => (dim === -1 ? rest : dim));
    if (shape.every((dim) => Number.isInteger(dim) && dim >= 1) && elements(shape) === elements(from)) {
      return reshaped(call, shape);
    }
    const expected = `expected ${elements(from)} elements as in [${from}]`;
    throw shapeError(call, `target_shape: ${expected}, got ${JSON.stringify(setting)}`);
  },
};

function reshaped(call: LayerCall, shape: number[]): string {
  const { builder, inputs } = call;
  if (`${builder.shapeOf(inputs[0])}` === `${shape}`) return inputs[0];
  return builder.node(nodeName(call), 'reshape', inputs, {}, {}, shape);
}

export const batchNormalization: LayerSpec = {
  convert(call) {
    const { config, inputs, builder } = call;
    checkLastAxis(call);
    const shape = [builder.shapeOf(inputs[0]).at(-1)!];
    const weights = {
      mean: layerWeight(call, 'moving_mean', shape),
      variance: layerWeight(call, 'moving_variance', shape),
      ...(config.flag('scale', true) && { gamma: layerWeight(call, 'gamma', shape) }),
      ...(config.flag('center', true) && { beta: layerWeight(call, 'beta', shape) }),
    };
    return builder.node(
      nodeName(call),
      'batch_norm',
      inputs,
      { epsilon: config.number('epsilon', 0.001) },
      weights,
    );
  },
};

/** Dropout, SpatialDropout2D */
export function dropout(unit: 'element' | 'channel'): LayerSpec {
  return {
    convert(call) {
      const rate = call.config.number('rate', 0);
      return call.builder.node(nodeName(call), 'dropout', call.inputs, { rate, unit });
    },
  };
}

/** Layers that add noise or a penalty while training and do nothing else. */
export const identity: LayerSpec = { convert: (call) => call.inputs[0] };

/** `axis` counts the batch, may be negative, and Keras writes it as a number or a list of one. */
function checkLastAxis(call: LayerCall): void {
  const settings: Settings = call.config.settings;
  const axis = [settings.axis ?? -1].flat();
  const { length } = call.builder.shapeOf(call.inputs[0]);
  if (axis.length === 1 && (axis[0] === -1 || axis[0] === length)) return;
  throw shapeError(
    call,
    `axis: expected -1 or ${length} (channels last), got ${JSON.stringify(settings.axis)}`,
  );
}

function shapeError(call: LayerCall, message: string): ImportError {
  return new ImportError('shape', `${nodeName(call)}: ${message}`);
}
