/** One node while it is converted: its arguments by name, and the builder that takes what it becomes. */
import { ImportError } from '../errors.js';
import type { ForeignBuilder } from '../foreign-builder.js';
import { scalarOf, wholeNumbers, type Value } from '../values.js';
import type { GraphNode } from './definitions.js';

/** How one operator of TensorFlow becomes nodes; several values for one with several outputs. */
export type Converter = (call: Call) => Value | Value[];

/** Operators of TensorFlow by name. */
export type Converters = Record<string, Converter>;

export class Call {
  constructor(
    readonly node: GraphNode,
    /** As many as the node's inputs. */
    readonly inputs: readonly Value[],
    readonly builder: ForeignBuilder,
    /** Images that stand for their phases, [rows, columns] apart: see space-batch.ts. Shared by the nodes of one import. */
    readonly phases: Map<Value, readonly [number, number]>,
  ) {}

  get name(): string {
    return this.node.name;
  }

  /** An input by its place. */
  input(index: number): Value {
    const value = this.inputs[index];
    if (!value) throw this.wrong('inputs', `at least ${index + 1}`, this.inputs.length);
    return value;
  }

  /** A tensor argument. */
  value(argument: string): Value {
    const [value] = this.values(argument);
    if (!value) throw this.wrong(argument, 'a tensor', 'none');
    return value;
  }

  /** A list of tensor arguments. */
  values(argument: string): Value[] {
    const { ranges } = this.node;
    const range = Object.hasOwn(ranges, argument) ? ranges[argument] : undefined;
    if (!range) throw this.wrong(argument, 'an argument of this operator', 'none');
    const { inputIndexStart: start, inputIndexEnd: end } = range;
    if (end === undefined) return [this.inputs.at(start)].filter((value) => value !== undefined);
    const values = this.inputs.slice(start, end === 0 ? undefined : end);
    if (values.length === 0 && argument === 'tensors')
      throw this.wrong('inputs', 'at least one tensor', 'none');
    return values;
  }

  has(argument: string): boolean {
    return Object.hasOwn(this.node.ranges, argument) && this.values(argument).length > 0;
  }

  /** Whole numbers, given as a constant input or as an attribute. */
  integers(argument: string): number[] {
    if (Object.hasOwn(this.node.ranges, argument))
      return wholeNumbers(this.value(argument), `${this.name}: ${argument}`);
    const value = this.node.attributes[argument];
    if (Array.isArray(value) && value.every((one) => Number.isSafeInteger(one))) return value as number[];
    throw this.wrong(argument, 'whole numbers', value);
  }

  /** One number, given as a constant input or as an attribute. */
  number(argument: string, fallback?: number): number {
    if (Object.hasOwn(this.node.ranges, argument)) {
      if (fallback !== undefined && !this.has(argument)) return fallback;
      return scalarOf(this.value(argument), `${this.name}: ${argument}`);
    }
    const value = this.node.attributes[argument] ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.wrong(argument, 'a number', value);
  }

  integer(argument: string, fallback?: number): number {
    const value = this.number(argument, fallback);
    if (!Number.isInteger(value)) throw this.wrong(argument, 'a whole number', value);
    return value;
  }

  /** In lower case. */
  text(attribute: string, fallback?: string): string {
    const value = this.node.attributes[attribute] ?? fallback;
    if (typeof value === 'string') return value;
    throw this.wrong(attribute, 'a text', value);
  }

  texts(attribute: string): string[] {
    const value = this.node.attributes[attribute];
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value as string[];
    throw this.wrong(attribute, 'texts', value);
  }

  flag(attribute: string): boolean {
    return this.node.attributes[attribute] === true;
  }

  /** A type attribute as the file has it: `DT_FLOAT`, `DT_INT32`, `DT_BOOL`, ...; undefined where it is absent. */
  type(attribute: string): string | undefined {
    const type = this.node.raw[attribute]?.type;
    return typeof type === 'string' ? type : typeof type === 'number' ? TYPES[type] : undefined;
  }

  wrong(what: string, expected: string, got: unknown): ImportError {
    return new ImportError('layer', `${what}: expected ${expected}, got ${shown(got)}`);
  }
}

/** Of a list in a message: a hostile one has millions. */
const MOST_SHOWN = 20;

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value) || value.length <= MOST_SHOWN) return JSON.stringify(value);
  return `${JSON.stringify(value.slice(0, MOST_SHOWN))} and ${value.length - MOST_SHOWN} more`;
}

/** Numbers that a GraphDef may write instead of the names: tensorflow/core/framework/types.proto. */
const TYPES: Record<number, string> = {
  1: 'DT_FLOAT',
  3: 'DT_INT32',
  9: 'DT_INT64',
  10: 'DT_BOOL',
  19: 'DT_HALF',
};

export function isInteger(type: string | undefined): boolean {
  return /^DT_U?INT\d+$/.test(type ?? '');
}
