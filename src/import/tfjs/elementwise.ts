/** Element by element: one input, or two that broadcast. */
import { broadcastShape, type Value } from '../values.js';
import { isInteger, type Call, type Converter, type Converters } from './call.js';

/** TensorFlow's operator -> that of the graph. */
const UNARY: Record<string, string> = {
  Abs: 'abs',
  Ceil: 'ceil',
  Cos: 'cos',
  Erf: 'erf',
  Exp: 'exp',
  Floor: 'floor',
  Log: 'log',
  Neg: 'neg',
  Reciprocal: 'reciprocal',
  Relu: 'relu',
  Relu6: 'relu6',
  Round: 'round',
  Rsqrt: 'rsqrt',
  Selu: 'selu',
  Sigmoid: 'sigmoid',
  Sign: 'sign',
  Sin: 'sin',
  Softplus: 'softplus',
  Sqrt: 'sqrt',
  Square: 'square',
  Tanh: 'tanh',
};

const BINARY: Record<string, string> = {
  Add: 'add',
  AddV2: 'add',
  Atan2: 'atan2',
  BiasAdd: 'add',
  FloorDiv: 'floor_div',
  FloorMod: 'floor_mod',
  Maximum: 'max',
  Minimum: 'min',
  Mod: 'floor_mod',
  Mul: 'mul',
  Pow: 'pow',
  SquaredDifference: 'squared_difference',
  Sub: 'sub',
  Equal: 'equal',
  NotEqual: 'not_equal',
  Greater: 'greater',
  GreaterEqual: 'greater_equal',
  Less: 'less',
  LessEqual: 'less_equal',
  LogicalAnd: 'logical_and',
  LogicalOr: 'logical_or',
};

/** Of one operand, whatever the converter calls it. */
function unary(op: string): Converter {
  return (call) => call.builder.op(call.name, op, [call.input(0)]);
}

function binary(op: string): Converter {
  return (call) => call.builder.binary(call.name, op, call.input(0), call.input(1));
}

/** Integers divide as FloorDiv does, in tfjs too. */
function divide(call: Call): Value {
  return binary(isInteger(call.type('T')) ? 'floor_div' : 'div')(call) as Value;
}

/** 0 where the divisor is 0. */
function divideNoNan(call: Call): Value {
  const { name, builder } = call;
  const [a, b] = [call.value('a'), call.value('b')];
  const isZero = builder.binary(`${name}/zero`, 'equal', b, scalar(call, 0));
  const quotient = builder.binary(`${name}/div`, 'div', a, b);
  return choose(call, isZero, scalar(call, 0), quotient);
}

/** A sum, one by one. */
function addN(call: Call): Value {
  const { name, builder } = call;
  const values = call.values('tensors');
  return values.reduce((sum, value, i) => {
    return builder.binary(i === values.length - 1 ? name : `${name}/${i}`, 'add', sum, value);
  });
}

function elu(call: Call): Value {
  return call.builder.op(call.name, 'elu', [call.input(0)], { alpha: 1 });
}

function leakyRelu(call: Call): Value {
  return call.builder.op(call.name, 'leaky_relu', [call.value('x')], { alpha: call.number('alpha') });
}

function prelu(call: Call): Value {
  return call.builder.binary(call.name, 'prelu', call.value('x'), call.value('alpha'));
}

function clip(call: Call): Value {
  const [min, max] = [call.number('clipValueMin'), call.number('clipValueMax')];
  return call.builder.op(call.name, 'clip', [call.value('x')], {
    min: Math.fround(min),
    max: Math.fround(max),
  });
}

/** `ln(1 + x)` and `e^x - 1`, without the digits that TensorFlow saves near 0. */
function log1p(call: Call): Value {
  const more = call.builder.binary(`${call.name}/add`, 'add', call.input(0), scalar(call, 1));
  return call.builder.op(call.name, 'log', [more]);
}

function expm1(call: Call): Value {
  const exp = call.builder.op(`${call.name}/exp`, 'exp', [call.input(0)]);
  return call.builder.binary(call.name, 'sub', exp, scalar(call, 1));
}

function tan(call: Call): Value {
  const { name, builder } = call;
  const x = call.input(0);
  const [sin, cos] = ['sin', 'cos'].map((op) => builder.op(`${name}/${op}`, op, [x]));
  return builder.binary(name, 'div', sin, cos);
}

function atan(call: Call): Value {
  return call.builder.binary(call.name, 'atan2', call.input(0), scalar(call, 1));
}

/** `(e^x - e^-x) / 2`, or their sum. */
function hyperbolic(op: 'add' | 'sub'): Converter {
  return (call) => {
    const { name, builder } = call;
    const up = builder.op(`${name}/exp`, 'exp', [call.input(0)]);
    const down = builder.op(`${name}/reciprocal`, 'reciprocal', [up]);
    return builder.binary(name, 'mul', builder.binary(`${name}/${op}`, op, up, down), scalar(call, 0.5));
  };
}

/** Only NaN differs from itself. */
function isNan(call: Call): Value {
  return call.builder.binary(call.name, 'not_equal', call.input(0), call.input(0));
}

/** A condition of one axis chooses among the rows of `Select`; that of `SelectV2` broadcasts. */
function select(call: Call): Value {
  const [condition, a, b] = [call.input(0), call.input(1), call.input(2)];
  const byRow = call.node.op === 'Select' && condition.shape.length === 1 && a.shape.length > 1;
  const rows = [...condition.shape, ...a.shape.slice(1).map(() => 1)];
  return choose(call, byRow ? call.builder.reshape(condition, rows, `${call.name}/rows`) : condition, a, b);
}

/** `where`; a branch that is never or always taken is not computed. */
function choose({ name, builder }: Call, condition: Value, a: Value, b: Value): Value {
  const shape = broadcastShape(broadcastShape(condition.shape, a.shape, name), b.shape, name);
  const truths = new Set(Array.from(condition.constant ?? [], (value) => value !== 0));
  const taken = truths.size === 1 ? (truths.has(true) ? a : b) : undefined;
  if (taken && `${taken.shape}` === `${shape}`) return taken;
  return builder.op(name, 'where', [condition, a, b], {}, {}, shape);
}

/** Truths are 1 and 0, and whole numbers stand in f32. */
function cast(call: Call): Value {
  const { name, builder } = call;
  const x = call.value('x');
  const [from, to] = [call.type('SrcT'), call.type('DstT')];
  if (to === 'DT_BOOL' && from !== 'DT_BOOL') return builder.binary(name, 'not_equal', x, scalar(call, 0));
  const cuts = isInteger(to) && !isInteger(from) && from !== 'DT_BOOL';
  return cuts ? builder.op(name, 'trunc', [x]) : x;
}

function scalar({ builder }: Call, value: number): Value {
  return builder.constant(Float32Array.of(value), []);
}

function mapped(table: Record<string, string>, converter: (op: string) => Converter): Converters {
  return Object.fromEntries(Object.entries(table).map(([foreign, op]) => [foreign, converter(op)]));
}

export const elementwise: Converters = {
  ...mapped(UNARY, unary),
  ...mapped(BINARY, binary),
  AddN: addN,
  Atan: atan,
  Cast: cast,
  ClipByValue: clip,
  Cosh: hyperbolic('add'),
  Div: divide,
  DivNoNan: divideNoNan,
  Elu: elu,
  Expm1: expm1,
  IsNan: isNan,
  LeakyRelu: leakyRelu,
  Log1p: log1p,
  LogicalNot: unary('logical_not'),
  Prelu: prelu,
  RealDiv: divide,
  Select: select,
  SelectV2: select,
  Sinh: hyperbolic('sub'),
  Tan: tan,
};
