/** A TensorFlow Lite model (.tflite) -> Graph. */
import { elements, tensorOf, type Graph } from '../graph/index.js';
import { ImportError, importErrors, type Fault } from './errors.js';
import { ForeignBuilder } from './foreign-builder.js';
import { hasText, type Importer, type ImportOptions } from './importer.js';
import { NotSupported, OperatorCall, type Spaced } from './tflite/call.js';
import { realValues } from './tflite/data.js';
import { keepQuantized } from './tflite/keep.js';
import { readLabels } from './tflite/labels.js';
import { readModel, type ForeignOperator, type ForeignTensor, type TfliteModel } from './tflite/model.js';
import { converterOf, hintFor } from './tflite/operators.js';
import { activationQuantization, Quantized } from './tflite/quantized.js';
import { IDENTIFIER } from './tflite/schema.js';
import type { Value } from './values.js';

export const tflite: Importer = {
  kind: 'a TensorFlow Lite model (.tflite)',
  extension: /\.tflite$/i,
  signature: (bytes) => hasText(bytes, IDENTIFIER, 4),
  read: async ({ name, bytes }, options) => importTflite(bytes, name, options),
};

/** @throws ImportError: what is wrong with the file and where, or all operators that are not supported */
export function importTflite(bytes: Uint8Array, name: string, options: ImportOptions = {}): Graph {
  const model = readModel(bytes, name);
  const graph = graphOf(model, options);
  const preprocessing = bytePreprocessing(model);
  if (preprocessing) graph.metadata.preprocessing = preprocessing;
  const labels = readLabels(bytes);
  const classes = tensorOf(graph, graph.outputs[0]).shape.at(-1);
  if (labels?.length === classes) graph.metadata.labels = labels;
  return graph;
}

/**
 * A uint8 model takes bytes as they are. The graph takes what they mean, which this makes of them, each exactly one step: pixels brought to -1..1
 * otherwise may all lie halfway between two steps.
 */
function bytePreprocessing({ inputs, tensors }: TfliteModel): { scale: number; offset: number } | undefined {
  if (inputs.length !== 1) return undefined;
  const { type, quantization } = tensors[inputs[0]];
  if (type !== 'UINT8' || !quantization) return undefined;
  const [scale] = quantization.scale;
  return { scale, offset: Math.fround(-scale * quantization.zeroPoint[0]) };
}

/** What does not fit an operator is told as a fault of the model. */
function graphOf(model: TfliteModel, options: ImportOptions): Graph {
  try {
    return new Walk(model, options).run();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ImportError('shape', `${model.name}: ${error.message}`, { cause: error });
  }
}

/** Goes through the operators in their order of execution. */
class Walk {
  readonly #builder = new ForeignBuilder();
  readonly #values = new Map<number, Value>();
  readonly #quantized = new Quantized();
  readonly #spaced = new WeakMap<Value, Spaced>();
  readonly #faults: Fault[] = [];

  constructor(
    readonly model: TfliteModel,
    readonly options: ImportOptions,
  ) {}

  run(): Graph {
    const { model, options } = this;
    const outputs = outputIndices(model, options.outputs);
    model.inputs.forEach((index) => this.#values.set(index, this.#input(model.tensors[index])));
    for (const operator of neededOperators(model, outputs)) this.#convert(operator);
    if (this.#faults.length > 0) throw importErrors('layer', `${model.name}: not supported`, this.#faults);
    const values = outputs.map((index) => ({ name: this.#nameOf(index), value: this.#valueOf(index) }));
    return this.#finish(values);
  }

  #finish(outputs: { name: string; value: Value }[]): Graph {
    const { tensors } = this.#quantized;
    const before = outputs.map(({ value }) => this.#builder.tensor(value));
    const graph = this.#builder.finish(outputs, { provenance: provenanceOf(this.model) });
    if (this.options.quantized !== 'keep') return graph;
    graph.outputs.forEach((name, i) => {
      const quantization = tensors.get(before[i]);
      if (quantization) tensors.set(name, quantization);
    });
    keepQuantized(graph, this.#quantized);
    return graph;
  }

  #input(tensor: ForeignTensor): Value {
    const index = this.model.tensors.indexOf(tensor);
    const name = this.#nameOf(index);
    const given = this.options.inputShapes?.[name] ?? this.options.inputShape;
    const shape = tensor.shape.map((dim, axis) => (dim !== -1 ? dim : axis === 0 ? 1 : given?.[axis - 1]));
    const fixed = shape.filter((dim): dim is number => dim !== undefined && dim >= 1);
    if (fixed.length < shape.length)
      throw tensor.table.error(`expected a fixed input shape, got [${tensor.shape}]; pass { inputShape }`);
    if (tensor.type === 'STRING') this.#fault(tensor.table.path, 'input', 'strings are not numbers');
    const value = this.#builder.input(name, fixed);
    this.#remember(tensor, value);
    return value;
  }

  #convert(operator: ForeignOperator): void {
    const tensors = operator.outputs.map((index) => this.model.tensors[index]);
    const convert = converterOf(operator);
    const place = `${operator.table.path} '${tensors[0]?.name ?? ''}'`;
    try {
      if (!convert) throw new NotSupported(hintFor(operator));
      const call = this.#call(operator, tensors);
      const results = [convert(call)].flat();
      if (results.length < tensors.length)
        throw call.error(`outputs: expected ${results.length}, got ${tensors.length}`);
      tensors.forEach((tensor, i) => this.#setOutput(operator.outputs[i], tensor, results[i]));
    } catch (error) {
      if (error instanceof NotSupported) this.#fault(place, operator.code, error.message);
      else if (this.#faults.length === 0) throw located(operator, error);
      this.#standIn(operator);
    }
  }

  #call(operator: ForeignOperator, outputs: ForeignTensor[]): OperatorCall {
    if (outputs.length === 0) throw operator.table.error('outputs: expected at least one, got none');
    const inputs = operator.inputs.map((index) => (index === -1 ? undefined : this.#valueOf(index)));
    const tensors = operator.inputs.map((index) => (index === -1 ? undefined : this.model.tensors[index]));
    const name = nodeName(outputs[0]?.name ?? operator.code);
    return new OperatorCall(
      this.#builder,
      operator,
      name,
      inputs,
      tensors,
      outputs,
      this.#quantized,
      this.#spaced,
    );
  }

  #fault(node: string, op: string, hint: string): void {
    this.#faults.push({ node, op, hint });
  }

  /** Behind an operator that is not supported, something of the declared shape lets the walk list further faults. */
  #standIn({ outputs }: ForeignOperator): void {
    for (const index of outputs) {
      const shape = this.model.tensors[index].shape.map((dim) => Math.max(1, dim));
      this.#values.set(index, this.#builder.input('unsupported', shape));
    }
  }

  #setOutput(index: number, tensor: ForeignTensor, value: Value): void {
    this.#values.set(index, this.#remember(tensor, value));
  }

  /** Notes the int8 of the tensor; where the graph's tensor has another already, a node of its own stands between them. */
  #remember(tensor: ForeignTensor, value: Value): Value {
    const quantization = activationQuantization(tensor);
    if (!quantization || value.tensor === undefined) return value;
    const known = this.#quantized.tensors.get(value.tensor);
    const differs =
      known && (known.scale !== quantization.scale || known.zeroPoint !== quantization.zeroPoint);
    if (differs && this.options.quantized !== 'keep') return value;
    const own = differs ? this.#builder.op(nodeName(tensor.name), 'clip', [value]) : value;
    this.#quantized.tensors.set(own.tensor!, quantization);
    return own;
  }

  #valueOf(index: number): Value {
    const known = this.#values.get(index);
    if (known) return known;
    const value = this.#constant(this.model.tensors[index]);
    this.#values.set(index, value);
    return value;
  }

  #constant(tensor: ForeignTensor): Value {
    const { bytes, shape, table, isVariable, quantization } = tensor;
    if (!bytes && (isVariable || elements(shape) === 0))
      return this.#builder.computed(tensor.name, shape, () => 0);
    if (!bytes)
      throw table.error(`expected a constant or the output of an operator before, got '${tensor.name}'`);
    const data = realValues(tensor);
    if (quantization) this.#quantized.kernels.set(data, quantization.scale);
    const stored = activationQuantization(tensor);
    if (stored) this.#quantized.constants.set(data, stored);
    return this.#builder.constant(data, shape);
  }

  #nameOf(index: number): string {
    return this.model.aliases.get(index) ?? nodeName(this.model.tensors[index].name);
  }
}

/** Converters join the names of all layers that they fused by `;`: the first will do. */
function nodeName(name: string): string {
  return name.split(';')[0] || 'node';
}

function located(operator: ForeignOperator, error: unknown): unknown {
  if (error instanceof ImportError && error.code === 'format') return error;
  if (!(error instanceof ImportError || error instanceof RangeError)) return error;
  const place = `${operator.table.fileName}: ${operator.table.path} (${operator.code})`;
  const code = error instanceof ImportError ? error.code : 'shape';
  return new ImportError(code, `${place}: ${error.message}`, { cause: error });
}

/** The model's outputs, or the tensors called by `names`. */
function outputIndices(model: TfliteModel, names: readonly string[] | undefined): number[] {
  if (names === undefined) {
    if (model.outputs.length === 0)
      throw new ImportError('format', `${model.name}: subgraphs[0].outputs: expected at least one, got none`);
    return model.outputs;
  }
  return names.map((name) => {
    const index = model.tensors.findIndex(
      (tensor, i) => tensor.name === name || model.aliases.get(i) === name,
    );
    if (index >= 0) return index;
    throw new ImportError('kind', `${model.name}: outputs: expected names of its tensors, got '${name}'`);
  });
}

/** Those that the outputs need. */
function neededOperators(model: TfliteModel, outputs: readonly number[]): ForeignOperator[] {
  const needed = new Set(outputs);
  const kept = model.operators.toReversed().filter((operator) => {
    if (!operator.outputs.some((index) => needed.has(index))) return false;
    operator.inputs.forEach((index) => needed.add(index));
    return true;
  });
  return kept.reverse();
}

function provenanceOf({ description }: TfliteModel): Record<string, unknown> {
  return { format: 'tflite', ...(description && { description }) };
}
