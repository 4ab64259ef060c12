/** Who makes and who reads each value of a model. */
import type { OnnxNode } from './proto.js';

export class Readers {
  private readonly producers = new Map<string, OnnxNode>();
  private readonly readers = new Map<string, OnnxNode[]>();

  constructor(
    nodes: readonly OnnxNode[],
    private readonly outputs: readonly string[],
  ) {
    for (const node of nodes) {
      node.outputs.forEach((name) => this.producers.set(name, node));
      for (const name of readBy(node)) this.readers.set(name, [...(this.readers.get(name) ?? []), node]);
    }
  }

  of(value: string): readonly OnnxNode[] {
    return this.readers.get(value) ?? [];
  }

  producer(value: string): OnnxNode | undefined {
    return this.producers.get(value);
  }

  /** The only reader; undefined where there are several or the model gives the value. */
  onlyOne(value: string): OnnxNode | undefined {
    const readers = this.of(value);
    return readers.length === 1 && !this.outputs.includes(value) ? readers[0] : undefined;
  }

  isUsed(value: string): boolean {
    return this.of(value).length > 0 || this.outputs.includes(value);
  }
}

/** Inputs, and what the graphs in attributes read from outside. */
function readBy(node: OnnxNode): string[] {
  const graphs = [...node.attributes.values()].flatMap(({ graph }) => graph ?? []);
  const inside = graphs.flatMap(({ nodes }) => nodes.flatMap(readBy));
  return node.inputs.concat(
    inside,
    graphs.flatMap(({ outputs }) => outputs.map(({ name }) => name)),
  );
}
