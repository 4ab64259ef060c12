/** A TensorFlow.js graph-model -> Graph. */
import type { Graph } from '../graph/graph.js';
import { ImportError } from './errors.js';
import type { ImportOptions } from './importer.js';
import { tensorFlowGraph, type GraphNode, type TensorFlowGraph } from './tfjs/definitions.js';
import { parseReference, type GraphJson, type OutputReference } from './tfjs/graph-json.js';
import { graphInputs } from './tfjs/inputs.js';
import { executionOrder } from './tfjs/order.js';
import { Walk } from './tfjs/walk.js';
import type { ForeignWeight } from './weights.js';

/**
 * @param source for messages
 * @throws ImportError: all nodes that are not supported, at once
 */
export function importTfjsGraph(
  json: GraphJson,
  weights: ReadonlyMap<string, ForeignWeight>,
  options: ImportOptions,
  source: string,
): Graph {
  const graph = tensorFlowGraph(json, source);
  const outputs = options.outputs ? options.outputs.map((name) => wanted(graph, name)) : graph.outputs;
  if (outputs.length === 0) {
    throw new ImportError(
      'json',
      `${source}: expected a node that no other reads, or named outputs; got none`,
    );
  }
  const order = executionOrder(
    graph,
    outputs.map(({ node }) => node),
  );
  const walk = new Walk(weights);
  for (const input of graphInputs(placeholders(graph, order, options), options, source)) walk.input(input);
  const values = walk.run(order, outputs, source);
  return walk.builder.finish(
    outputs.map(({ node, output }, i) => ({
      name: output === 0 ? node : `${node}:${output}`,
      value: values[i],
    })),
    { provenance: provenanceOf(json) },
  );
}

/** Those that are read, in the model's order. One with a default is an input only where the caller says so. */
function placeholders(
  { inputs }: TensorFlowGraph,
  order: readonly GraphNode[],
  options: ImportOptions,
): GraphNode[] {
  const isInput = ({ op, name }: GraphNode): boolean =>
    op === 'Placeholder' || (op === 'PlaceholderWithDefault' && options.inputShapes?.[name] !== undefined);
  const place = (node: GraphNode): number => (inputs.includes(node) ? inputs.indexOf(node) : inputs.length);
  return order.filter(isInput).sort((a, b) => place(a) - place(b));
}

function provenanceOf({ generatedBy, convertedBy }: GraphJson): Record<string, unknown> {
  return {
    format: 'tfjs graph-model',
    ...(generatedBy && { generatedBy }),
    ...(convertedBy && { convertedBy }),
  };
}

function wanted({ nodes }: TensorFlowGraph, name: string): OutputReference {
  const reference = parseReference(name);
  if (nodes.has(reference.node)) return reference;
  throw new ImportError('layer', `outputs: expected names of nodes, got '${name}'`);
}
