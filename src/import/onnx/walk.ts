/** Goes through a model's nodes in their order; what no importer can make is remembered, and reported at once. */
import { removeUnused, type Graph } from '../../graph/index.js';
import { ImportError, importErrors, type Fault } from '../errors.js';
import { ForeignBuilder } from '../foreign-builder.js';
import type { ImportOptions, ModelFile } from '../importer.js';
import { Call, type Surroundings } from './call.js';
import { expanded, inlined } from './expand.js';
import { realOf } from './int8.js';
import { natural, type Operand } from './operand.js';
import { inputOperand, outputValue } from './ports.js';
import type { OnnxGraph, OnnxModel, OnnxNode } from './proto.js';
import { Readers } from './readers.js';
import { converterOf, hintFor, isKnown, isMoving } from './table.js';
import { constantOf, inlineConstant, sparseConstant } from './tensors.js';

export async function importOnnxModel(
  model: OnnxModel,
  file: ModelFile,
  options: ImportOptions,
): Promise<Graph> {
  const walk = new Walk(model, file.name, options);
  await walk.readInitializers(file);
  return walk.import();
}

class Walk {
  private readonly builder = new ForeignBuilder();
  /** By name; null for what a node with a fault would have made. */
  private readonly values = new Map<string, Operand | null>();
  private readonly faults: Fault[] = [];
  private readonly nodes: OnnxNode[];
  private readonly readers: Readers;
  private readonly around: Surroundings;

  constructor(
    private readonly model: OnnxModel,
    private readonly file: string,
    private readonly options: ImportOptions,
  ) {
    this.nodes = this.plain(model.graph.nodes);
    this.readers = new Readers(this.nodes, this.outputNames());
    this.around = {
      builder: this.builder,
      opset: model.opsets.get('')!,
      keepsInt8: options.quantized === 'keep',
      onlyReader: (value) => this.readers.onlyOne(value),
      producer: (value) => this.readers.producer(value),
      isUsed: (value) => this.readers.isUsed(value),
      known: (value) => this.values.get(value) ?? undefined,
      inner: (graph, where) => this.inner(graph, where),
    };
  }

  async readInitializers({ read }: ModelFile): Promise<void> {
    const { initializers, sparseInitializers } = this.model.graph;
    for (const tensor of initializers) {
      const where = `${this.file}: initializer '${tensor.name}'`;
      this.setConstant(tensor.name, await constantOf(tensor, where, read));
    }
    for (const sparse of sparseInitializers) {
      const { name } = sparse.values;
      this.setConstant(
        name,
        await sparseConstant(sparse, `${this.file}: sparse_initializer '${name}'`, read),
      );
    }
  }

  private setConstant(name: string, { data, shape, kind }: Awaited<ReturnType<typeof constantOf>>): void {
    this.values.set(name, natural(this.builder.constant(data, shape), kind));
  }

  import(): Graph {
    const inputs = this.model.graph.inputs.filter(({ name }) => !this.values.has(name));
    const layouts: Record<string, string> = {};
    for (const info of inputs) {
      const { operand, layout } = inputOperand(this.builder, info, this.readers, {
        file: this.file,
        given:
          this.options.inputShapes?.[info.name] ??
          (inputs.length === 1 ? this.options.inputShape : undefined),
      });
      this.values.set(info.name, operand);
      if (layout) layouts[info.name] = layout;
    }
    this.run(this.nodes);
    if (this.faults.length > 0) throw importErrors('layer', `${this.file}: not supported`, this.faults);
    return this.finish(layouts);
  }

  private outputNames(): string[] {
    return this.options.outputs ?? this.model.graph.outputs.map(({ name }) => name);
  }

  private finish(inputLayouts: Record<string, string>): Graph {
    const hasSequences = Object.values(inputLayouts).includes('ncw -> nwc');
    const outputLayouts: Record<string, string> = {};
    const outputs = this.outputNames().map((name) => {
      const operand = this.values.get(name);
      if (!operand) throw new ImportError('shape', `${this.file}: nothing makes the output '${name}'`);
      const { value, layout } = outputValue(this.builder, operand, name, hasSequences);
      if (layout) outputLayouts[name] = layout;
      return { name, value };
    });
    const { producer, opsets, graph } = this.model;
    const provenance = {
      format: 'onnx',
      model: graph.name,
      producer,
      opset: opsets.get('')!,
      ...(Object.keys(inputLayouts).length > 0 && { inputLayouts }),
      ...(Object.keys(outputLayouts).length > 0 && { outputLayouts }),
    };
    const result = this.builder.finish(outputs, { provenance });
    removeUnused(result);
    return result;
  }

  /** Nodes without those that stand for several. */
  private plain(nodes: readonly OnnxNode[]): OnnxNode[] {
    return inlined(nodes, this.model.functions).flatMap((node) => {
      const named = { ...node, name: node.name || node.outputs[0] || node.op };
      return this.attempt(named, () => expanded(named)) ?? [];
    });
  }

  private run(nodes: readonly OnnxNode[]): void {
    for (const node of nodes) if (node.op === 'Constant') this.runNode(node);
    for (const node of nodes) if (node.op !== 'Constant') this.runNode(node);
  }

  private runNode(node: OnnxNode): void {
    if (!isKnown(node)) this.faults.push({ node: node.name, op: node.op, hint: hintFor(node) });
    const known = isKnown(node) && node.inputs.every((name) => this.values.get(name) !== null);
    const outputs = known ? this.attempt(node, () => this.convert(node)) : undefined;
    node.outputs.forEach((name, i) => {
      if (name !== '') this.values.set(name, outputs?.[i] ?? null);
    });
  }

  private convert(node: OnnxNode): Operand[] {
    const operands = node.inputs.map((name) => this.operand(name));
    while (operands.length > 0 && operands.at(-1) === undefined) operands.pop();
    const call = new Call(node, operands, this.around);
    const first = operands[0];
    if (first?.isClamped && (node.op === 'Relu' || node.op === 'Clip')) return [first];
    const convert = converterOf(node)!;
    if (!isMoving(node.op)) return [convert(call)].flat();
    const codes = this.movedCodes(operands);
    if (!codes) return withCodes([convert(call)].flat(), first);
    const moved = withCodes([convert(call.on(codes))].flat(), codes[0]);
    return moved.map((operand) => realOf(call, operand));
  }

  private operand(name: string): Operand | undefined {
    if (name === '') return undefined;
    const operand = this.values.get(name);
    if (operand) return operand;
    throw new ImportError('shape', `expected '${name}' before it, got nothing that makes it`);
  }

  /** The operands as int8 where all of them that are tensors are so, with one scale. */
  private movedCodes(operands: readonly (Operand | undefined)[]): (Operand | undefined)[] | undefined {
    const tensors = operands.filter((x) => x?.stored.tensor);
    const first = tensors[0]?.int8?.stored.quantization;
    const alike = tensors.every((x) => {
      const q = x?.int8?.stored.quantization;
      return q && q.scale === first?.scale && q.zeroPoint === first.zeroPoint;
    });
    return first && alike ? operands.map((x) => x?.int8 ?? x) : undefined;
  }

  private inner(graph: OnnxGraph, where: string): Operand[] {
    for (const tensor of graph.initializers)
      this.setConstant(tensor.name, inlineConstant(tensor, `${where}: initializer '${tensor.name}'`));
    this.run(this.plain(graph.nodes));
    return graph.outputs.map(({ name }) => {
      const operand = this.values.get(name);
      if (operand) return operand;
      throw new ImportError('layer', `${where}: its output '${name}' is not supported`);
    });
  }

  /** What `work` gives; a fault of the node is remembered. */
  private attempt<T>(node: OnnxNode, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ImportError || error instanceof RangeError)) throw error;
      this.faults.push({ node: node.name, op: node.op, hint: error.message });
      return undefined;
    }
  }
}

/** What moves codes keeps their scale. */
function withCodes(outputs: Operand[], { codes }: Partial<Operand> = {}): Operand[] {
  if (codes?.scale.length !== 1) return outputs;
  return outputs.map((operand) => ({ ...operand, codes }));
}
