/** What the converter of one TFLite operator works with. */
import { ImportError } from '../errors.js';
import type { ForeignBuilder } from '../foreign-builder.js';
import { wholeNumbers, type ConstantData, type Value } from '../values.js';
import { operatorError, type ForeignOperator, type ForeignTensor } from './model.js';
import { ACTIVATIONS, type Activation } from './schema.js';
import type { Quantized } from './quantized.js';

/** A converter gives the operator's outputs, or its only one. */
export type Convert = (call: OperatorCall) => Value | Value[];

/** A setting that no operator computes; the walk goes on and lists all of them. */
export class NotSupported extends Error {}

/** What SPACE_TO_BATCH_ND would do to an image: see spaced.ts. */
export interface Spaced {
  /** [rows, columns] */
  block: number[];
  /** [top, left, bottom, right] */
  pads: number[];
}

export class OperatorCall {
  constructor(
    readonly builder: ForeignBuilder,
    readonly operator: ForeignOperator,
    /** For its nodes: its first output's. */
    readonly name: string,
    readonly inputs: readonly (Value | undefined)[],
    readonly inputTensors: readonly (ForeignTensor | undefined)[],
    readonly outputTensors: readonly ForeignTensor[],
    readonly quantized: Quantized,
    readonly spaced: WeakMap<Value, Spaced>,
  ) {}

  get code(): string {
    return this.operator.code;
  }

  /** The input in place `index`; ImportError where it is left out. */
  readonly input = (index: number): Value => {
    const value = this.spacedInput(index);
    if (!this.spaced.has(value)) return value;
    throw new NotSupported('between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: expected convolutions alone');
  };

  /** An input that may be the batch of a SPACE_TO_BATCH_ND. */
  spacedInput(index: number): Value {
    const value = this.inputs[index];
    if (value) return value;
    throw operatorError(this.operator, `inputs: expected one at ${index}, got ${this.inputs.length}`);
  }

  /** A weight or another input that must be known at import. */
  constant(index: number, what: string): { shape: number[]; data: ConstantData } {
    const { shape, constant } = this.input(index);
    if (!constant)
      throw new NotSupported(`${what}: expected a constant, got a tensor known only at run time`);
    return { shape, data: constant };
  }

  /** An input of whole numbers: axes, shapes, paddings. */
  numbers(index: number, what: string): number[] {
    const value = this.input(index);
    if (!value.constant)
      throw new NotSupported(`${what}: expected a constant, got a tensor known only at run time`);
    return wholeNumbers(value, `${this.operator.table.path} (${this.code}): ${what}`);
  }

  int32(field: number, fallback = 0): number {
    return this.operator.options?.int32(field, fallback) ?? fallback;
  }

  int8(field: number): number {
    return this.operator.options?.int8(field) ?? 0;
  }

  bool(field: number): boolean {
    return this.operator.options?.bool(field) ?? false;
  }

  float32(field: number, fallback = 0): number {
    return this.operator.options?.float32(field, fallback) ?? fallback;
  }

  int32s(field: number, what: string): number[] {
    return this.operator.options?.int32s(field, what) ?? [];
  }

  /** The fused activation in options field `field`. */
  activation(field: number): Activation {
    const number = this.int8(field);
    const activation = ACTIVATIONS[number];
    if (activation) return activation;
    throw this.error(`fused_activation_function: expected 0 to ${ACTIVATIONS.length - 1}, got ${number}`);
  }

  /** An error of the file at this operator. */
  error(message: string): ImportError {
    return operatorError(this.operator, message);
  }
}
