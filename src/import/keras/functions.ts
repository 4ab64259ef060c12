/** Functions that stand as layers: TensorFlow's in Keras 2 (TFOpLambda, SlicingOpLambda), Keras 3's own operations. */
import { elements, type Attribute } from '../../graph/graph.js';
import { namedActivation } from './activations.js';
import type { LayerCall, LayerSpec } from './layer.js';
import { sliced } from './slicing.js';

type Handler = (call: LayerCall) => string;

/** Name of an argument, and its place. */
type Parameter = [place: number, ...names: string[]];

const X: Parameter = [
  0,
  'x',
  'input',
  'features',
  'logits',
  'tensor',
  'input_tensor',
  'images',
  'inputs',
  'x1',
];
const Y: Parameter = [1, 'y', 'x2'];

function argument(call: LayerCall, [place, ...names]: Parameter): unknown {
  const { positional, named } = call.context;
  if (positional[place] !== undefined) return positional[place];
  const all = { ...call.config.settings, ...named };
  return names.map((name) => all[name]).find((value) => value !== undefined && value !== null);
}

function tensorOf(value: unknown): string | undefined {
  return (value as { tensor?: string } | null | undefined)?.tensor;
}

/** A tensor, or a number or list of numbers as a constant. */
function operand(call: LayerCall, parameter: Parameter): string {
  const value = argument(call, parameter);
  const tensor = tensorOf(value);
  if (tensor !== undefined) return tensor;
  const values = [value].flat(6);
  if (!values.every((number): number is number => typeof number === 'number'))
    throw call.shapeError(`expected a tensor or numbers as ${parameter[1]}, got ${JSON.stringify(value)}`);
  return call.constant(parameter[1], values, shapeOfList(value));
}

function shapeOfList(value: unknown): number[] {
  const shape = Array.isArray(value) ? [value.length, ...shapeOfList(value[0])] : [];
  return shape[0] === 1 ? shape.slice(1) : shape; // a first axis of 1 is the batch
}

function numbersOf(call: LayerCall, parameter: Parameter): number[] | undefined {
  const value = argument(call, parameter);
  if (value === undefined) return undefined;
  const list = [value].flat(2);
  if (list.every((number): number is number => typeof number === 'number')) return list;
  throw call.shapeError(`expected numbers as ${parameter[1]}, got ${JSON.stringify(value)}`);
}

/** Axes as the graph counts them; the batch cannot be one. */
function axesOf(call: LayerCall, rank: number, axes: readonly number[]): number[] {
  const list = axes.map((axis) => (axis < 0 ? axis + rank : axis - 1));
  if (list.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < rank)) return list;
  throw call.shapeError(`expected axes in 1..${rank} or ${-rank}..-1, got ${axes.join(', ')}`);
}

function unary(op: string, attributes: Record<string, Attribute> = {}): Handler {
  return (call) => call.node(op, [operand(call, X)], attributes);
}

function binary(op: string): Handler {
  return (call) => call.node(op, [operand(call, X), operand(call, Y)]);
}

function reduce(op: string): Handler {
  return (call) => {
    const x = operand(call, X);
    const { length } = call.shapeOf(x);
    const given = numbersOf(call, [1, 'axis']);
    if (!given) throw call.shapeError('expected axes without the batch, got all');
    const keepdims = argument(call, [2, 'keepdims']) === true ? 1 : 0;
    return call.node(op, [x], { axes: axesOf(call, length, given).toSorted((a, b) => a - b), keepdims });
  };
}

const same: Handler = (call) => operand(call, X);

const concat: Handler = (call) => {
  const list = argument(call, [0, 'values', 'xs']) as unknown[];
  const tensors = [list].flat().map(tensorOf);
  if (!tensors.every((tensor): tensor is string => tensor !== undefined))
    throw call.shapeError('expected tensors to concatenate, got constants');
  const [axis] = axesOf(call, call.shapeOf(tensors[0]).length, numbersOf(call, [1, 'axis']) ?? [-1]);
  return call.node('concat', tensors, { axis });
};

/** The batch stands first and stays. */
const reshape: Handler = (call) => {
  const x = operand(call, X);
  const shape = (numbersOf(call, [1, 'shape', 'newshape']) ?? []).slice(1);
  const rest = elements(call.shapeOf(x)) / elements(shape.filter((dim) => dim !== -1));
  return call.reshape(
    x,
    shape.map((dim) => (dim === -1 ? rest : dim)),
    '',
  );
};

const transpose: Handler = (call) => {
  const x = operand(call, X);
  const { length } = call.shapeOf(x);
  const order = numbersOf(call, [1, 'perm', 'axes']) ?? [];
  if (order[0] !== 0)
    throw call.shapeError(`expected an order that keeps the batch first, got ${order.join(', ')}`);
  return call.transpose(x, axesOf(call, length, order.slice(1)), '');
};

const expandDims: Handler = (call) => {
  const x = operand(call, X);
  const shape = call.shapeOf(x).slice();
  const [axis] = axesOf(call, shape.length + 1, numbersOf(call, [1, 'axis']) ?? []);
  shape.splice(axis, 0, 1);
  return call.reshape(x, shape, '');
};

const squeeze: Handler = (call) => {
  const x = operand(call, X);
  const shape = call.shapeOf(x);
  const given = numbersOf(call, [1, 'axis']);
  const axes = given
    ? axesOf(call, shape.length, given)
    : [...shape.keys()].filter((axis) => shape[axis] === 1);
  return call.reshape(
    x,
    shape.filter((_, axis) => !axes.includes(axis)),
    '',
  );
};

const clip: Handler = (call) => {
  const [min] = numbersOf(call, [1, 'clip_value_min', 'x_min']) ?? [];
  const [max] = numbersOf(call, [2, 'clip_value_max', 'x_max']) ?? [];
  const limits = {
    ...(min !== undefined && { min: Math.fround(min) }),
    ...(max !== undefined && { max: Math.fround(max) }),
  };
  return call.node('clip', [operand(call, X)], limits);
};

const softmax: Handler = (call) => {
  const x = operand(call, X);
  const { length } = call.shapeOf(x);
  const [axis] = axesOf(call, length, numbersOf(call, [1, 'axis']) ?? [-1]);
  if (axis !== length - 1)
    throw call.shapeError(`expected a softmax along the last axis, got axis ${axis + 1}`);
  return call.node('softmax', [x]);
};

const leakyRelu: Handler = (call) => {
  const [alpha] = numbersOf(call, [1, 'alpha', 'negative_slope']) ?? [0.2];
  return call.node('leaky_relu', [operand(call, X)], { alpha: Math.fround(alpha) });
};

const pad: Handler = (call) => {
  const x = operand(call, X);
  const pairs = (argument(call, [1, 'paddings', 'pad_width']) as number[][] | undefined) ?? [];
  const mode = String(argument(call, [2, 'mode']) ?? 'constant').toLowerCase();
  const [value] = numbersOf(call, [3, 'constant_values']) ?? [0];
  if (pairs.length !== call.shapeOf(x).length + 1 || pairs[0].some((count) => count !== 0))
    throw call.shapeError(`expected pads for each axis, none for the batch, got ${JSON.stringify(pairs)}`);
  const inner = pairs.slice(1);
  return call.node('pad', [x], {
    pads: [...inner.map(([before]) => before), ...inner.map(([, after]) => after)],
    mode,
    value: Math.fround(value),
  });
};

const getItem: Handler = (call) => {
  const x = operand(call, [0, 'tensor', 'x']);
  return sliced(call, x, [argument(call, [1, 'slice_spec', 'key'])].flat());
};

/** By the last part of the name, in lower case and with underscores: `math.reduce_mean`, `Mean`. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  ...Object.fromEntries(
    [
      'exp',
      'log',
      'sqrt',
      'rsqrt',
      'square',
      'abs',
      'sin',
      'cos',
      'erf',
      'floor',
      'ceil',
      'round',
      'sign',
    ].map((name) => [name, unary(name)]),
  ),
  ...Object.fromEntries(
    ['equal', 'not_equal', 'less', 'less_equal', 'greater', 'greater_equal', 'pow'].map((name) => [
      name,
      binary(name),
    ]),
  ),
  absolute: unary('abs'),
  neg: unary('neg'),
  negative: unary('neg'),
  reciprocal: unary('reciprocal'),
  add: binary('add'),
  sub: binary('sub'),
  subtract: binary('sub'),
  mul: binary('mul'),
  multiply: binary('mul'),
  div: binary('div'),
  divide: binary('div'),
  truediv: binary('div'),
  true_divide: binary('div'),
  power: binary('pow'),
  maximum: binary('max'),
  minimum: binary('min'),
  squared_difference: binary('squared_difference'),
  reduce_mean: reduce('reduce_mean'),
  reduce_sum: reduce('reduce_sum'),
  reduce_max: reduce('reduce_max'),
  reduce_min: reduce('reduce_min'),
  mean: reduce('reduce_mean'),
  sum: reduce('reduce_sum'),
  max: reduce('reduce_max'),
  min: reduce('reduce_min'),
  amax: reduce('reduce_max'),
  amin: reduce('reduce_min'),
  concat: concat,
  concatenate: concat,
  reshape,
  transpose,
  expand_dims: expandDims,
  squeeze,
  clip_by_value: clip,
  clip,
  softmax,
  leaky_relu: leakyRelu,
  pad,
  getitem: getItem,
  get_item: getItem,
  identity: same,
  stop_gradient: same,
  cast: same,
  convert_to_tensor: same,
};

/** `math.multiply` and `Multiply` are multiply, `nn.relu6` is relu6, `__operators__.add` add. */
function plainName(name: string): string {
  const last = name.slice(name.lastIndexOf('.') + 1);
  return last.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

function handlerOf(name: string): Handler | undefined {
  const plain = plainName(name);
  if (Object.hasOwn(HANDLERS, plain)) return HANDLERS[plain];
  const activation = namedActivation(plain);
  return activation && ((call) => activation(call, operand(call, X)));
}

/** @param name of the function; default: what the settings say */
export function functionLayer(name?: string): LayerSpec {
  return {
    faults({ function: setting }) {
      const wanted = name ?? String(setting);
      if (handlerOf(wanted)) return [];
      return [
        `function: ${wanted} is not supported; known are ${Object.keys(HANDLERS).join(', ')} and activations`,
      ];
    },
    convert: (call) => handlerOf(name ?? call.config.text('function', ''))!(call),
  };
}
