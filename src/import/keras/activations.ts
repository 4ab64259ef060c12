/** Keras' activations, by name, as operators of the graph. */
import type { Attribute } from '../../graph/graph.js';
import type { Settings } from './config.js';
import type { LayerCall } from './layer.js';

/** Adds the nodes that compute the activation of `x`; `as` is appended to their names. */
type Activation = (call: LayerCall, x: string, as?: string) => string;

/** Those that a convolution or dense layer applies itself. */
const FUSED = ['linear', 'relu', 'relu6'];

function operator(op: string, attributes: Record<string, Attribute> = {}): Activation {
  return (call, x, as) => call.node(op, [x], attributes, { as });
}

/** `op` of x and a number. */
function withNumber(call: LayerCall, op: string, x: string, number: number): string {
  return call.node(op, [x, call.constant(`${op}/constant`, [number])], {}, { as: op });
}

const hardSigmoid3: Activation = operator('hard_sigmoid', { alpha: Math.fround(1 / 6), beta: 0.5 });

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  linear: (_call, x) => x,
  relu: operator('relu'),
  relu6: operator('relu6'),
  elu: operator('elu', { alpha: 1 }),
  celu: operator('elu', { alpha: 1 }),
  selu: operator('selu'),
  leaky_relu: operator('leaky_relu', { alpha: Math.fround(0.2) }),
  sigmoid: operator('sigmoid'),
  tanh: operator('tanh'),
  softplus: operator('softplus'),
  softsign: operator('softsign'),
  exponential: operator('exp'),
  swish: operator('swish'),
  silu: operator('swish'),
  mish: operator('mish'),
  gelu: operator('gelu'),
  gelu_new: operator('gelu', { approximate: 'tanh' }),
  hard_swish: operator('hard_swish'),
  hard_silu: operator('hard_swish'),
  hard_tanh: operator('clip', { min: -1, max: 1 }),
  sparse_sigmoid: operator('hard_sigmoid', { alpha: 0.5, beta: 0.5 }),
  softmax: operator('softmax'),
  hard_sigmoid: (call, x, as) =>
    call.dialect === 'keras 3' ? hardSigmoid3(call, x, as) : operator('hard_sigmoid')(call, x, as),
  log_softmax: (call, x, as) =>
    call.node('log', [call.node('softmax', [x], {}, { as: 'softmax' })], {}, { as }),
  log_sigmoid: (call, x, as) => {
    const below = call.node('softplus', [call.node('neg', [x], {}, { as: 'neg' })], {}, { as: 'softplus' });
    return call.node('neg', [below], {}, { as });
  },
  tanh_shrink: (call, x, as) => call.node('sub', [x, call.node('tanh', [x], {}, { as: 'tanh' })], {}, { as }),
  soft_shrink: (call, x, as) => {
    const inside = call.node('clip', [x], { min: -0.5, max: 0.5 }, { as: 'clip' });
    return call.node('sub', [x, inside], {}, { as });
  },
  hard_shrink: (call, x, as) => {
    const outside = withNumber(call, 'greater', call.node('abs', [x], {}, { as: 'abs' }), 0.5);
    return call.node('mul', [x, outside], {}, { as });
  },
  /** 0 below -1, ((x + 1) / 2)^2 up to 1, x above. */
  sparse_plus: (call, x, as) => {
    const ramp = call.node('hard_sigmoid', [x], { alpha: 0.5, beta: 0.5 }, { as: 'ramp' });
    const curve = call.node('square', [ramp], {}, { as: 'square' });
    const line = call.node('relu', [withNumber(call, 'sub', x, 1)], {}, { as: 'relu' });
    return call.node('add', [curve, line], {}, { as });
  },
  /** (x + sqrt(x^2 + 4)) / 2 */
  squareplus: (call, x, as) => {
    const square = call.node('square', [x], {}, { as: 'square' });
    const root = call.node('sqrt', [withNumber(call, 'add', square, 4)], {}, { as: 'sqrt' });
    const sum = call.node('add', [x, root], {}, { as: 'sum' });
    return call.node('mul', [sum, call.constant('half', [0.5])], {}, { as });
  },
};

/** Layers that may stand as another one's activation. */
const ACTIVATION_LAYERS = ['ReLU', 'LeakyReLU', 'ELU', 'Softmax', 'PReLU', 'ThresholdedReLU'];

/** An activation's name in Keras' own writing: `hard_sigmoid`; tfjs writes `hardSigmoid`, Keras 3 `{config: 'relu6'}`. */
function activationName(value: unknown): string {
  if (value === undefined || value === null) return 'linear';
  if (typeof value === 'string') {
    const plain = value.slice(value.search(/[^>.]*$/));
    return plain.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
  }
  const {
    class_name: kind,
    config,
    name,
  } = value as { class_name?: unknown; config?: unknown; name?: unknown };
  return activationName(typeof config === 'string' ? config : (kind ?? name ?? 'unnamed'));
}

/** The layer that stands as an activation. */
function activationLayer(value: unknown): boolean {
  const { class_name: kind } = (value ?? {}) as { class_name?: unknown };
  return ACTIVATION_LAYERS.includes(String(kind));
}

/** Why the activation that the settings name cannot be imported; empty where it can. */
export function activationFaults(settings: Settings, key = 'activation'): string[] {
  const name = activationName(settings[key]);
  if (Object.hasOwn(ACTIVATIONS, name) || activationLayer(settings[key])) return [];
  return [`${key}: expected one of ${Object.keys(ACTIVATIONS).join(', ')}, got ${name}; choose another one`];
}

/** `build` with the layer's activation where an operator can apply it itself; another one becomes nodes after it. */
export function withActivation(call: LayerCall, build: (fused: string) => string): string {
  const value = call.config.settings.activation;
  const name = activationName(value);
  if (FUSED.includes(name)) return build(name);
  return activate(call, build('linear'), value, name);
}

/** @param as appended to the layer's name; absent where the activation is the layer */
export function activate(call: LayerCall, x: string, value: unknown, as?: string): string {
  if (activationLayer(value)) return call.context.inner(value, 'activation', [x])[0];
  return ACTIVATIONS[activationName(value)](call, x, as);
}

/** The names of a recurrent layer's activations. */
export function recurrentActivation(settings: Settings, key: string, fallback: string): string {
  return settings[key] === undefined ? fallback : activationName(settings[key]);
}

/** The activation of that name, for functions that are called so; undefined for an unknown one. */
export function namedActivation(name: string): Activation | undefined {
  return Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
}
