/** Goes through a TensorFlow graph, node by node, and gives each to its converter. */
import { ImportError, importErrors, type Fault } from '../errors.js';
import { ForeignBuilder } from '../foreign-builder.js';
import type { Value } from '../values.js';
import type { ForeignWeight } from '../weights.js';
import { Call } from './call.js';
import type { GraphNode } from './definitions.js';
import { finite } from './finite.js';
import type { OutputReference } from './graph-json.js';
import type { GraphInput } from './inputs.js';
import { converters, hintOf } from './table.js';

/** What a node gave: its outputs, an output of a branch not taken being undefined; or nothing, because it or one before it is at fault. */
type Outcome = (Value | undefined)[] | 'unknown';

export class Walk {
  readonly builder = new ForeignBuilder();
  private readonly outcomes = new Map<string, Outcome>();
  private readonly phases = new Map<Value, readonly [number, number]>();
  private readonly faults: Fault[] = [];
  /** Of the first fault. */
  private code?: ImportError['code'];

  constructor(private readonly weights: ReadonlyMap<string, ForeignWeight>) {}

  input({ name, shape, values }: GraphInput): void {
    const value = values
      ? this.builder.constant(Float32Array.from(values), shape)
      : this.builder.input(name, shape);
    this.outcomes.set(name, [value]);
  }

  /**
   * The values of `outputs`, whose nodes and all that they read are in `order`.
   * @throws ImportError with all nodes that are not supported, at once
   */
  run(order: readonly GraphNode[], outputs: readonly OutputReference[], source: string): Value[] {
    for (const node of order) {
      if (!this.outcomes.has(node.name)) this.outcomes.set(node.name, this.visit(node));
    }
    if (this.faults.length > 0) throw importErrors(this.code!, `${source}: not supported`, this.faults);
    return outputs.map((output) => this.outputOf(output, source));
  }

  private outputOf({ node, output }: OutputReference, source: string): Value {
    const value = this.outcomes.get(node)?.[output];
    if (value && typeof value !== 'string') return value;
    throw new ImportError('layer', `${source}: ${node}: expected an output ${output}, got none`);
  }

  private visit(node: GraphNode): Outcome {
    const inputs = node.inputs.map(({ node: name, output }) => {
      const outcome = this.outcomes.get(name) ?? 'unknown';
      return outcome === 'unknown' ? outcome : outcome[output];
    });
    const isDead = node.controls.some((name) => isBranchNotTaken(this.outcomes.get(name)));
    if (isDead) return [undefined];
    if (node.op === 'Const') return this.attempt(node, () => [this.constant(node)]);
    if (node.op === 'Merge') return this.attempt(node, () => merge(this.builder, inputs));
    const isKnown = node.op === 'Switch' || converters.has(node.op);
    if (inputs.includes('unknown') && isKnown) return 'unknown';
    if (inputs.includes(undefined)) return node.inputs.map(() => undefined);
    return this.attempt(node, () => this.convert(node, inputs as Value[]));
  }

  private convert(node: GraphNode, inputs: Value[]): Outcome {
    const call = new Call(node, inputs, this.builder, this.phases);
    if (node.op === 'Switch') return branches(call);
    const converter = converters.get(node.op);
    if (!converter) throw new ImportError('layer', hintOf(node.op));
    const result = converter(call);
    return Array.isArray(result) ? result : [result];
  }

  private constant({ name }: GraphNode): Value {
    const weight = this.weights.get(name);
    if (!weight) throw new ImportError('weight', 'expected a weight of this name, got none');
    return this.builder.constant(finite(weight.data), weight.shape);
  }

  /** What is wrong with a node is kept, so that all can be told at once. */
  private attempt(node: GraphNode, work: () => Outcome): Outcome {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ImportError || error instanceof RangeError)) throw error;
      this.code ??= error instanceof ImportError ? error.code : 'shape';
      this.faults.push({ node: node.name, op: node.op, hint: withoutName(error.message, node.name) });
      return 'unknown';
    }
  }
}

function isBranchNotTaken(outcome: Outcome | undefined): boolean {
  return Array.isArray(outcome) && outcome.length > 0 && outcome.every((value) => value === undefined);
}

/** The input goes to output 1 where the predicate is true, else to output 0. */
function branches(call: Call): Outcome {
  const { constant } = call.value('pred');
  if (!constant) throw new ImportError('layer', hintOf('Switch'));
  const data = call.value('data');
  return constant[0] ? [undefined, data] : [data, undefined];
}

/** The one input whose branch was taken, and its index. */
function merge(builder: ForeignBuilder, inputs: readonly (Value | 'unknown' | undefined)[]): Outcome {
  const taken = inputs.findIndex((value) => value !== undefined);
  const value = inputs[taken];
  if (value === undefined) return [undefined, undefined];
  if (inputs.includes('unknown') || inputs.filter((other) => other !== undefined).length > 1) {
    throw new ImportError('layer', hintOf('Merge'));
  }
  return [value as Value, builder.constant(Float32Array.of(taken), [])];
}

/** A fault names its node itself. */
function withoutName(message: string, name: string): string {
  const known = [`${name}: `, `node '${name}' `].find((start) => message.startsWith(start));
  return known ? message.slice(known.length) : message;
}
