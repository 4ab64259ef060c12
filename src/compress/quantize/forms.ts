import { GraphIndex, type Node } from '../../graph/index.js';
import { activate, type Activation } from '../../ops/arithmetic.js';
import { attributesOf } from '../../ops/check.js';
import { getOp } from '../../ops/table.js';
import { unary, unaryFunction } from '../../ops/unary.js';
import { uniform, withConstant } from '../../passes/constants.js';

/** How a node computes in int8: by an operator's own int8 form, or as a table of its 256 results. */
export type Int8Form = 'own' | 'lookup';

/** Undefined where the node has none and stays f32. */
export function int8FormOf(index: GraphIndex, node: Node): Int8Form | undefined {
  if (functionOf(index, node)) return 'lookup';
  const { dtypes } = getOp(node.op);
  const own = dtypes.some(
    ([from, to]) => to === 'i8' && (typeof from === 'string' ? from : from[0]) === 'i8',
  );
  return own && node.op !== 'constant' && node.op !== 'lookup' ? 'own' : undefined;
}

const UNARY: ReadonlySet<string> = new Set(unary.map(({ name }) => name));

/** Two operands of which one is a number: a function of the other. */
const WITH_NUMBER: Partial<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: Math.pow,
  min: Math.min,
  max: Math.max,
};

/** A function of one value. */
export interface Function1 {
  x: string;
  f(x: number): number;
}

/** The node as a function of one tensor's values, in double precision; undefined where it is none. */
export function functionOf(index: GraphIndex, node: Node): Function1 | undefined {
  if (UNARY.has(node.op)) return { x: node.inputs[0], f: unaryFunction(node.op, attributesOf(node)) };
  const binary = WITH_NUMBER[node.op];
  const operands = binary && withConstant(index, node);
  const number = operands && uniform(index, operands.constant);
  if (!operands || number === undefined) return undefined;
  const activation = (node.attributes.activation ?? 'linear') as Activation;
  const { x, swapped } = operands;
  return { x, f: (value) => activate(swapped ? binary(number, value) : binary(value, number), activation) };
}

/** True for an operator whose int8 output has its input's scale, because it moves or compares values. */
export function keepsScale(index: GraphIndex, node: Node): boolean {
  return getOp(node.op).keepsQuantization === true && functionOf(index, node) === undefined;
}

/** The inputs that flow in int8: not constants, nor indices. */
export function flowingInputs(index: GraphIndex, node: Node): string[] {
  return int8Inputs(node).filter((name) => index.producerOf(name)?.op !== 'constant');
}

/** The inputs that are int8 where the node is: not indices. */
export function int8Inputs(node: Node): string[] {
  return node.op === 'gather' ? node.inputs.slice(0, 1) : node.inputs;
}
