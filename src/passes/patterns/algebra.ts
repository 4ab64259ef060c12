/** Reads the arithmetic around a tensor, whichever way a converter wrote it. */
import type { GraphIndex, Node } from '../../graph/index.js';
import { isFloat, uniform, withConstant } from '../constants.js';

/** `a * x + b` */
export interface Line {
  x: string;
  a: number;
  b: number;
}

/** A product of tensors and a number. */
export interface Product {
  factor: number;
  tensors: string[];
}

/** Polynomials of a higher degree are of no activation. */
const MOST_DEGREE = 3;

/** The tensor as a line over the furthest tensor that it is one of; numbers only, no channels. */
export function lineOf(index: GraphIndex, tensor: string): Line {
  let line: Line = { x: tensor, a: 1, b: 0 };
  for (let step = stepOf(index, line.x); step; step = stepOf(index, line.x)) {
    line = { x: step.x, a: line.a * step.a, b: line.a * step.b + line.b };
  }
  return line;
}

/** One operator of a line. */
function stepOf(index: GraphIndex, tensor: string): Line | undefined {
  const node = plainProducer(index, tensor);
  if (!node) return undefined;
  if (node.op === 'neg') return { x: node.inputs[0], a: -1, b: 0 };
  const operands = withConstant(index, node);
  const c = operands && uniform(index, operands.constant);
  if (operands === undefined || c === undefined) return undefined;
  const { x, swapped } = operands;
  if (node.op === 'mul') return { x, a: c, b: 0 };
  if (node.op === 'add') return { x, a: 1, b: c };
  if (node.op === 'sub') return swapped ? { x, a: -1, b: c } : { x, a: 1, b: -c };
  return node.op === 'div' && !swapped ? { x, a: 1 / c, b: 0 } : undefined;
}

/** The tensors whose product the tensor is, by `mul` and by numbers. */
export function productOf(index: GraphIndex, tensor: string): Product {
  const step = stepOf(index, tensor);
  if (step && step.b === 0) {
    const inner = productOf(index, step.x);
    return { ...inner, factor: inner.factor * step.a };
  }
  const node = plainProducer(index, tensor);
  if (node?.op !== 'mul') return { factor: 1, tensors: [tensor] };
  const [a, b] = node.inputs.map((name) => productOf(index, name));
  if (a.tensors.length + b.tensors.length > MOST_DEGREE + 1)
    return { factor: 1, tensors: node.inputs.slice() };
  return { factor: a.factor * b.factor, tensors: [...a.tensors, ...b.tensors] };
}

/** Coefficients `c` of `tensor = sum c_k x^k`, constant first; undefined where it is no polynomial in `x` of degree 3 at most. */
export function polynomialOf(index: GraphIndex, tensor: string, x: string, depth = 8): number[] | undefined {
  if (tensor === x) return [0, 1];
  const c = uniform(index, tensor);
  if (c !== undefined) return [c];
  const node = plainProducer(index, tensor);
  if (!node || depth === 0) return undefined;
  const parts = node.inputs.map((name) => polynomialOf(index, name, x, depth - 1));
  if (parts.includes(undefined)) return undefined;
  return combined(node.op, parts as number[][]);
}

function combined(op: string, [a, b]: number[][]): number[] | undefined {
  if (op === 'neg') return a.map((c) => -c);
  if (op === 'square') return multiplied(a, a);
  if (op === 'add') return added(a, b, 1);
  if (op === 'sub') return added(a, b, -1);
  if (op === 'mul') return multiplied(a, b);
  if (op === 'div' && b.length === 1) return a.map((c) => c / b[0]);
  if (op !== 'pow' || b.length !== 1) return undefined;
  if (b[0] === 2) return multiplied(a, a);
  return b[0] === 3 ? multiplied(multiplied(a, a) ?? [], a) : undefined;
}

function added(a: number[], b: number[], sign: number): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, k) => (a[k] ?? 0) + sign * (b[k] ?? 0));
}

function multiplied(a: number[], b: number[]): number[] | undefined {
  const degree = a.length + b.length - 2;
  if (a.length === 0 || degree > MOST_DEGREE) return undefined;
  const product = Array.from({ length: degree + 1 }, () => 0);
  a.forEach((ca, i) => b.forEach((cb, j) => (product[i + j] += ca * cb)));
  return product;
}

/** The node that gives the f32 tensor, where it applies no activation. */
function plainProducer(index: GraphIndex, tensor: string): Node | undefined {
  const node = index.producerOf(tensor);
  const isPlain = node && (node.attributes.activation ?? 'linear') === 'linear' && isFloat(index, node);
  return isPlain ? node : undefined;
}
