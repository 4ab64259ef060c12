/** What passes ask of constants. */
import { elements, type GraphIndex, type Node } from '../graph/index.js';

/** The one value that all elements of an f32 constant have; undefined for anything else. */
export function uniform(index: GraphIndex, tensor: string): number | undefined {
  const value = index.constantOf(tensor);
  if (value?.dtype !== 'f32') return undefined;
  const [first] = value.data;
  return value.data.every((element) => element === first) ? first : undefined;
}

/** An operator of two values of which one is a constant. */
export interface WithConstant {
  /** The other operand. */
  x: string;
  constant: string;
  /** True where the constant is the first operand. */
  swapped: boolean;
}

/** Undefined where none or both are constants, or where the constant stretches the other's shape. */
export function withConstant(index: GraphIndex, node: Node): WithConstant | undefined {
  if (node.inputs.length !== 2) return undefined;
  const [first, second] = node.inputs.map((name) => index.constantOf(name));
  if ((first === undefined) === (second === undefined)) return undefined;
  const [constant, x] = first ? node.inputs : node.inputs.toReversed();
  const keeps = `${index.tensor(x).shape}` === `${index.outputOf(node).shape}`;
  return keeps && isFloat(index, node) ? { x, constant, swapped: first !== undefined } : undefined;
}

/** The constant as one value for each of `channels` along the last axis; undefined where it differs along others. */
export function perChannel(index: GraphIndex, constant: string, channels: number): Float64Array | undefined {
  const { shape, data } = index.constantOf(constant)!;
  if (data.length === 1) return new Float64Array(channels).fill(data[0]);
  const isVector = shape.at(-1) === channels && elements(shape) === channels;
  return isVector ? Float64Array.from(data) : undefined;
}

/** True where all that the node reads and writes is f32. */
export function isFloat(index: GraphIndex, node: Node): boolean {
  return [...node.inputs, ...node.outputs].every((name) => index.tensor(name).dtype === 'f32');
}

/** Equal but for what writing a constant in f32, or in a few decimals, does to it. */
export function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-5 * Math.max(Math.abs(a), Math.abs(b));
}
