/** One node while it is imported: its attributes and operands, with errors that name them. */
import type { Node } from '../../graph/graph.js';
import { ImportError } from '../errors.js';
import type { ForeignBuilder } from '../foreign-builder.js';
import { axisOf, type ForeignWeightData, type Value } from '../values.js';
import { align, arrange, arrangeNaturally, natural, naturalOrder, type Operand } from './operand.js';
import type { OnnxAttribute, OnnxGraph, OnnxNode } from './proto.js';
import type { Kind } from './tensors.js';

type Attributes = Node['attributes'];

/** What an operator's importer may ask of the model around its node. */
export interface Surroundings {
  builder: ForeignBuilder;
  /** Of ONNX' own operators. */
  opset: number;
  /** True where int8 stays int8. */
  keepsInt8: boolean;
  /** The one node that reads the value; undefined where several do or the model gives it. */
  onlyReader(value: string): OnnxNode | undefined;
  /** The node that makes the value. */
  producer(value: string): OnnxNode | undefined;
  /** A value known before the node is reached: an initializer, or the output of a node before. */
  known(value: string): Operand | undefined;
  /** True where a node reads the value or the model gives it. */
  isUsed(value: string): boolean;
  /** Imports a graph inside this one; gives its outputs. */
  inner(graph: OnnxGraph, where: string): Operand[];
}

/** Makes the node's outputs. */
export type Convert = (call: Call) => Operand | Operand[];

export class Call {
  readonly name: string;
  readonly builder: ForeignBuilder;
  readonly opset: number;

  constructor(
    readonly node: OnnxNode,
    readonly operands: readonly (Operand | undefined)[],
    readonly around: Surroundings,
  ) {
    this.name = node.name;
    this.builder = around.builder;
    this.opset = around.opset;
  }

  /** The same node on other operands. */
  on(operands: readonly (Operand | undefined)[]): Call {
    return new Call(this.node, operands, this.around);
  }

  fault(hint: string): ImportError {
    return new ImportError('layer', hint);
  }

  input(index: number): Operand {
    const operand = this.operands[index];
    if (operand) return operand;
    throw new ImportError('shape', `expected an input ${index}, got none`);
  }

  optional(index: number): Operand | undefined {
    return this.operands[index];
  }

  /** The operand's numbers in ONNX' order. */
  constantOf(x: Operand, what: string): { shape: number[]; data: ArrayLike<number> } {
    const value = arrangeNaturally(this.builder, x, this.name);
    if (!value.constant)
      throw this.fault(
        `${what}: expected a constant, got a tensor known only at run time; fold it into the model first`,
      );
    return { shape: x.shape, data: value.constant };
  }

  /** Numbers of a constant input; undefined where it is left out. */
  numbers(index: number, what: string): number[] | undefined {
    const x = this.operands[index];
    return x && Array.from(this.constantOf(x, what).data);
  }

  /** Numbers of a constant input that has to be there. */
  required(index: number, what: string): number[] {
    return Array.from(this.constantOf(this.input(index), what).data);
  }

  number(index: number, what: string): number | undefined {
    return this.numbers(index, what)?.[0];
  }

  /** A constant input as f32, of this many elements. */
  vector(index: number, what: string, length: number): Float32Array | undefined {
    const x = this.operands[index];
    if (!x) return undefined;
    const { data, shape } = this.constantOf(x, what);
    if (data.length === length) return Float32Array.from(data);
    throw new ImportError('shape', `${what}: expected ${length} numbers, got [${shape}]`);
  }

  /** Whole numbers of an attribute, which later opsets made an input. */
  listed(attribute: string, index: number): number[] | undefined {
    return this.ints(attribute) ?? this.numbers(index, attribute);
  }

  private attribute(name: string): OnnxAttribute | undefined {
    return this.node.attributes.get(name);
  }

  int(name: string, fallback: number): number {
    return this.attribute(name)?.int ?? fallback;
  }

  float(name: string, fallback: number): number {
    return this.attribute(name)?.float ?? fallback;
  }

  text(name: string, fallback: string): string {
    return this.attribute(name)?.text ?? fallback;
  }

  texts(name: string): string[] | undefined {
    return this.attribute(name)?.texts;
  }

  ints(name: string): number[] | undefined {
    return this.attribute(name)?.ints;
  }

  floats(name: string): number[] | undefined {
    return this.attribute(name)?.floats;
  }

  raw(name: string): OnnxAttribute | undefined {
    return this.attribute(name);
  }

  has(name: string): boolean {
    return this.node.attributes.has(name);
  }

  /** An axis of ONNX', counted from 0. */
  axis(axis: number, rank: number): number {
    return axisOf(axis, rank, 'axis');
  }

  arrange(x: Operand, order: readonly number[], shape?: readonly number[]): Value {
    return arrange(this.builder, x, order, this.name, shape);
  }

  natural(x: Operand): Value {
    return this.arrange(x, naturalOrder(x.shape.length));
  }

  /** Of one operand, whatever its order. */
  unary(op: string, x: Operand, attributes: Attributes = {}, kind: Kind = x.kind, name = this.name): Operand {
    const stored = this.builder.op(name, op, [x.stored], attributes, {}, x.stored.shape);
    return { shape: x.shape, stored, sizes: x.sizes, axes: x.axes, kind };
  }

  /** Of operands that broadcast. */
  elementwise(
    op: string,
    operands: readonly Operand[],
    attributes: Attributes = {},
    kind: Kind = operands[0].kind,
    name = this.name,
  ): Operand {
    const { values, shape, output } = align(this.builder, operands, name);
    return output(this.builder.op(name, op, values, attributes, {}, shape), kind);
  }

  /** A number as an operand. */
  scalar(value: number, kind: Kind = 'float'): Operand {
    return this.constant(Float32Array.of(value), [], kind);
  }

  constant(data: Float32Array, shape: number[], kind: Kind = 'float'): Operand {
    return natural(this.builder.constant(data, shape), kind);
  }

  /** A weight, which must be finite as f32. */
  weight(shape: number[], data: ArrayLike<number>): ForeignWeightData {
    const f32 = data instanceof Float32Array ? data : Float32Array.from(data);
    if (!allFinite(f32))
      throw new ImportError('value', 'weights: expected finite numbers, got NaN or infinity');
    return { shape, data: f32 };
  }
}

/** A maximum keeps NaN and infinity; `find` takes ten times as long for 25 million numbers. */
function allFinite(data: Float32Array): boolean {
  let most = 0;
  for (let i = 0; i < data.length; i++) most = Math.max(most, Math.abs(data[i]));
  return Number.isFinite(most);
}
