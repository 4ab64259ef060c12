/** Operators on each element alone: in whatever order the numbers lie. */
import type { Node } from '../../graph/graph.js';
import type { Call, Convert } from './call.js';
import { int8Node } from './int8.js';
import { align, type Aligned, type Operand } from './operand.js';
import type { Value } from '../values.js';

type Attributes = Node['attributes'];

const unary =
  (op: string, attributes: (call: Call) => Attributes = () => ({})): Convert =>
  (call) =>
    call.unary(op, call.input(0), attributes(call));

const binary =
  (op: string): Convert =>
  (call) => {
    const [a, b] = [call.input(0), call.input(1)];
    return isNeutral(op, a, b) ? a : (int8Binary(call, op) ?? call.elementwise(op, [a, b]));
  };

/** What an operand must be to change nothing: an exporter's scale of 1, a zero point of 0. */
const NEUTRAL: Record<string, number> = { add: 0, sub: 0, mul: 1 };

function isNeutral(op: string, a: Operand, b: Operand): boolean {
  const { constant } = b.stored;
  return constant?.length === 1 && b.shape.length <= a.shape.length && constant[0] === NEUTRAL[op];
}

function int8Binary(call: Call, op: string): Operand | undefined {
  let aligned: Aligned | undefined;
  const values = (operands: Operand[]): Value[] => {
    aligned = align(call.builder, operands, call.name);
    return aligned.values;
  };
  if (!(op in NEUTRAL)) return undefined;
  const output = (stored: Value): Operand => aligned!.output(stored, 'float');
  return int8Node(call, values, { op, attributes: {}, output }, true);
}

const comparison =
  (op: string): Convert =>
  (call) =>
    call.elementwise(op, [call.input(0), call.input(1)], {}, 'bool');

/** Any number of operands, two at a time. */
const variadic =
  (op: string): Convert =>
  (call) =>
    folded(call, op);

function folded(call: Call, op: string, name = call.name): Operand {
  const [first, ...others] = [call.input(0), ...call.operands.slice(1).map((_, i) => call.input(i + 1))];
  return others.reduce(
    (a, b, i) => call.elementwise(op, [a, b], {}, a.kind, i === 0 ? name : `${name}/${i + 1}`),
    first,
  );
}

function identity(call: Call): Operand {
  return call.input(0);
}

/** Whole numbers divide towards zero. */
function div(call: Call): Operand {
  const [a, b] = [call.input(0), call.input(1)];
  const quotient = call.elementwise('div', [a, b]);
  return a.kind === 'integer' ? call.unary('trunc', quotient, {}, 'integer', `${call.name}/trunc`) : quotient;
}

/** Of the divisor's sign, or with `fmod` of the dividend's. */
function mod(call: Call): Operand {
  const [a, b] = [call.input(0), call.input(1)];
  if (call.int('fmod', 0) === 0) return call.elementwise('floor_mod', [a, b]);
  const steps = call.unary('trunc', call.elementwise('div', [a, b], {}, a.kind, `${call.name}/div`));
  const whole = call.elementwise('mul', [steps, b], {}, a.kind, `${call.name}/mul`);
  return call.elementwise('sub', [a, whole], {}, a.kind, `${call.name}/sub`);
}

function mean(call: Call): Operand {
  const sum = folded(call, 'add', `${call.name}/sum`);
  return call.elementwise(
    'mul',
    [sum, call.scalar(1 / call.operands.length)],
    {},
    'float',
    `${call.name}/mean`,
  );
}

function xor(call: Call): Operand {
  const [a, b] = [0, 1].map((i) =>
    call.unary('logical_not', call.input(i), {}, 'bool', `${call.name}/not${i}`),
  );
  return call.elementwise('not_equal', [a, b], {}, 'bool');
}

function where(call: Call): Operand {
  const operands = [call.input(0), call.input(1), call.input(2)];
  return call.elementwise('where', operands, {}, operands[1].kind);
}

/** Opset 6 has attributes, 11 has inputs, each of which may be left out. */
function clip(call: Call): Operand {
  const limit = (name: string, index: number): Operand | undefined =>
    call.optional(index) ?? (call.has(name) ? call.scalar(call.float(name, 0)) : undefined);
  const [min, max] = [limit('min', 1), limit('max', 2)];
  const x = call.input(0);
  if ([min, max].some((bound) => bound && !bound.stored.constant)) return clipToTensors(call, x, min, max);
  const [low, high] = [min, max].map((bound) => bound?.stored.constant?.[0]);
  return clamp(call, x, low ?? -Infinity, high ?? Infinity);
}

function clipToTensors(call: Call, x: Operand, min?: Operand, max?: Operand): Operand {
  const raised = min ? call.elementwise('max', [x, min]) : x;
  return max ? call.elementwise('min', [raised, max], {}, x.kind, `${call.name}/min`) : raised;
}

const LARGEST = 3.4028234663852886e38;

/** As relu or relu6 where it is one. */
export function clamp(call: Call, x: Operand, low: number, high: number, name = call.name): Operand {
  if (low === 0 && high >= LARGEST) return call.unary('relu', x, {}, x.kind, name);
  if (low === 0 && high === 6) return call.unary('relu6', x, {}, x.kind, name);
  const [min, max] = [Math.max(-LARGEST, Math.fround(low)), Math.min(LARGEST, Math.fround(high))];
  return min === -LARGEST && max === LARGEST ? x : call.unary('clip', x, { min, max }, x.kind, name);
}

/** Of [C, 1, 1] or any shape that broadcasts to the input. */
function prelu(call: Call): Operand {
  return call.elementwise('prelu', [call.input(0), call.input(1)]);
}

/** max(0, x) + min(0, alpha * (exp(x / alpha) - 1)) = elu of x / alpha, times alpha where x < 0. */
function celu(call: Call): Operand {
  const alpha = call.float('alpha', 1);
  if (alpha === 1) return call.unary('elu', call.input(0), { alpha: 1 });
  const scaled = call.elementwise(
    'mul',
    [call.input(0), call.scalar(1 / alpha)],
    {},
    'float',
    `${call.name}/in`,
  );
  const elu = call.unary('elu', scaled, { alpha: 1 }, 'float', `${call.name}/elu`);
  return call.elementwise('mul', [elu, call.scalar(alpha)]);
}

const SELU_ALPHA = 1.6732632423543772;
const SELU_GAMMA = 1.0507009873554805;

/** gamma * (x > 0 ? x : alpha * (exp(x) - 1)); the graph's operator has the usual constants. */
function selu(call: Call): Operand {
  const [alpha, gamma] = [call.float('alpha', SELU_ALPHA), call.float('gamma', SELU_GAMMA)];
  const usual = Math.abs(alpha - SELU_ALPHA) < 1e-4 && Math.abs(gamma - SELU_GAMMA) < 1e-4;
  if (usual) return call.unary('selu', call.input(0));
  const elu = call.unary('elu', call.input(0), { alpha }, 'float', `${call.name}/elu`);
  return call.elementwise('mul', [elu, call.scalar(gamma)]);
}

/** x where it is greater than alpha, else 0. */
function thresholdedRelu(call: Call): Operand {
  const x = call.input(0);
  const passes = call.elementwise(
    'greater',
    [x, call.scalar(call.float('alpha', 1))],
    {},
    'bool',
    `${call.name}/passes`,
  );
  return call.elementwise('where', [passes, x, call.scalar(0)], {}, x.kind);
}

/** x - bias above lambd, x + bias below -lambd, else 0. */
function shrink(call: Call): Operand {
  const x = call.input(0);
  const [bias, lambd] = [call.float('bias', 0), call.float('lambd', 0.5)];
  const part = (name: string, op: string, limit: number, shift: number): Operand => {
    const passes = call.elementwise(op, [x, call.scalar(limit)], {}, 'bool', `${call.name}/${name}`);
    const moved = call.elementwise('add', [x, call.scalar(shift)], {}, x.kind, `${call.name}/${name}/add`);
    return call.elementwise(
      'where',
      [passes, moved, call.scalar(0)],
      {},
      x.kind,
      `${call.name}/${name}/where`,
    );
  };
  return call.elementwise('add', [
    part('above', 'greater', lambd, -bias),
    part('below', 'less', -lambd, bias),
  ]);
}

/** To a whole number, towards zero; to a truth, 1 where not 0. */
function cast(call: Call): Operand {
  return castTo(call, call.input(0), call.int('to', 1));
}

/** TensorProto.DataType: floats are 1, 10, 11 and 16, bool is 9. */
function castTo(call: Call, x: Operand, type: number): Operand {
  if ([1, 10, 11, 16].includes(type)) return { ...x, kind: 'float' };
  if (type === 9)
    return x.kind === 'bool' ? x : call.elementwise('not_equal', [x, call.scalar(0)], {}, 'bool');
  if (type === 8) throw call.fault('to: expected numbers, got strings');
  return x.kind === 'float' ? call.unary('trunc', x, {}, 'integer') : { ...x, kind: 'integer' };
}

function castLike(call: Call): Operand {
  const { kind } = call.input(1);
  return castTo(call, call.input(0), { float: 1, integer: 7, bool: 9 }[kind]);
}

/** x * sigmoid(alpha * x), of com.microsoft. */
function quickGelu(call: Call): Operand {
  return call.unary('swish', call.input(0), { beta: call.float('alpha', 1.702) });
}

export const elementwise: Record<string, Convert> = {
  Identity: identity,
  Dropout: identity,
  Relu: unary('relu'),
  LeakyRelu: unary('leaky_relu', (call) => ({ alpha: call.float('alpha', 0.01) })),
  PRelu: prelu,
  Elu: unary('elu', (call) => ({ alpha: call.float('alpha', 1) })),
  Selu: selu,
  Celu: celu,
  Sigmoid: unary('sigmoid'),
  Tanh: unary('tanh'),
  HardSigmoid: unary('hard_sigmoid', (call) => ({
    alpha: call.float('alpha', 0.2),
    beta: call.float('beta', 0.5),
  })),
  HardSwish: unary('hard_swish'),
  Softplus: unary('softplus'),
  Softsign: unary('softsign'),
  Mish: unary('mish'),
  Gelu: unary('gelu', (call) => ({ approximate: call.text('approximate', 'none') })),
  TanhGelu: unary('gelu', () => ({ approximate: 'tanh' })),
  QuickGelu: quickGelu,
  Swish: unary('swish', (call) => ({ beta: call.float('alpha', 1) })),
  ThresholdedRelu: thresholdedRelu,
  Shrink: shrink,
  Clip: clip,
  Erf: unary('erf'),
  Exp: unary('exp'),
  Log: unary('log'),
  Sqrt: unary('sqrt'),
  Abs: unary('abs'),
  Neg: unary('neg'),
  Floor: unary('floor'),
  Ceil: unary('ceil'),
  Round: unary('round'),
  Sign: unary('sign'),
  Reciprocal: unary('reciprocal'),
  Sin: unary('sin'),
  Cos: unary('cos'),
  Not: (call) => call.unary('logical_not', call.input(0), {}, 'bool'),
  Add: binary('add'),
  Sub: binary('sub'),
  Mul: binary('mul'),
  Div: div,
  Pow: binary('pow'),
  Mod: mod,
  Min: variadic('min'),
  Max: variadic('max'),
  Sum: variadic('add'),
  Mean: mean,
  Equal: comparison('equal'),
  Less: comparison('less'),
  LessOrEqual: comparison('less_equal'),
  Greater: comparison('greater'),
  GreaterOrEqual: comparison('greater_equal'),
  And: comparison('logical_and'),
  Or: comparison('logical_or'),
  Xor: xor,
  Where: where,
  Cast: cast,
  CastLike: castLike,
};
