/**
 * Reads a GraphDef through @tensorflow/tfjs-converter: its loader knows of every TensorFlow operator which input and
 * attribute means what, their defaults and their encodings. See docs/decisions.md, "Definitions of TensorFlow's operators".
 */
import { GraphModel } from '@tensorflow/tfjs-converter';
import { ImportError } from '../errors.js';
import { parseReference, type GraphJson, type NodeDef, type OutputReference } from './graph-json.js';

/** Where an argument stands among a node's inputs: one at `start`, or, with an `end`, those up to it (0: all). */
interface InputRange {
  type: string;
  inputIndexStart: number;
  inputIndexEnd?: number;
}

/** A node as the converter maps it: the part of its own `Node` that is read here. */
interface MappedNode {
  name: string;
  op: string;
  inputParams: Record<string, InputRange>;
  attrParams: Record<string, { type: string; value: unknown }>;
}

interface MappedGraph {
  nodes: Record<string, MappedNode>;
  inputs: MappedNode[];
  outputs: MappedNode[];
}

/** One node of a TensorFlow graph, its arguments by the converter's names. */
export interface GraphNode {
  name: string;
  op: string;
  /** Without control dependencies. */
  inputs: OutputReference[];
  /** Nodes that only have to be done before. */
  controls: string[];
  /** Argument -> where it stands among the inputs. */
  ranges: Record<string, InputRange>;
  /** Decoded attributes, strings in lower case. */
  attributes: Record<string, unknown>;
  /** As the file has them, for those that tfjs does not know. */
  raw: NonNullable<NodeDef['attr']>;
  /** Nodes that read this one. */
  consumers: GraphNode[];
}

export interface TensorFlowGraph {
  nodes: Map<string, GraphNode>;
  /** Placeholders, in the model's order. */
  inputs: GraphNode[];
  /** What the model gives unless asked for something else. */
  outputs: OutputReference[];
}

export function tensorFlowGraph(json: GraphJson, source: string): TensorFlowGraph {
  const mapped = mapGraph(json, source);
  const definitions = new Map(json.modelTopology.node.map((node) => [node.name, node]));
  const nodes = new Map([...definitions].map(([name, node]) => [name, graphNode(node, mapped.nodes[name])]));
  for (const node of nodes.values())
    node.inputs.forEach((input) => nodes.get(input.node)!.consumers.push(node));
  const outputs = Object.values(signatureOf(json)?.outputs ?? {}).map(({ name }) => parseReference(name));
  return {
    nodes,
    inputs: mapped.inputs.map(({ name }) => nodes.get(name)!),
    outputs: outputs.length > 0 ? outputs : mapped.outputs.map(({ name }) => ({ node: name, output: 0 })),
  };
}

function graphNode({ name, op, input = [], attr }: NodeDef, mapped: MappedNode): GraphNode {
  return {
    name,
    op,
    inputs: input.filter((text) => !text.startsWith('^')).map(parseReference),
    controls: input.filter((text) => text.startsWith('^')).map((text) => parseReference(text.slice(1)).node),
    ranges: mapped.inputParams,
    attributes: Object.fromEntries(Object.entries(mapped.attrParams).map(([key, { value }]) => [key, value])),
    raw: attr ?? {},
    consumers: [],
  };
}

function mapGraph(json: GraphJson, source: string): MappedGraph {
  const { node, ...rest } = json.modelTopology;
  try {
    return converterGraph({ ...rest, node, library: undefined }, signatureOf(json));
  } catch (error) {
    const expected = 'expected attributes in the form of a GraphDef, got';
    const broken = node.find((one) => !isReadable(one));
    const place = broken ? `${source}: ${broken.name} (${broken.op})` : source;
    const got = broken ? JSON.stringify(unreadable(broken)).slice(0, MOST_SHOWN) : 'others';
    throw new ImportError('json', `${place}: ${expected} ${got}`, { cause: error });
  }
}

/** Of an attribute in a message. */
const MOST_SHOWN = 200;

/** Those attributes that the converter cannot read alone; all, where it takes several together. */
function unreadable({ attr, ...node }: NodeDef): NodeDef['attr'] {
  const wrong = Object.entries(attr ?? {}).filter(
    ([key, value]) => !isReadable({ ...node, attr: { [key]: value } }),
  );
  return wrong.length > 0 ? Object.fromEntries(wrong) : attr;
}

function isReadable(node: NodeDef): boolean {
  try {
    converterGraph({ node: [{ ...node, input: [] }] });
    return true;
  } catch {
    return false;
  }
}

function signatureOf(json: GraphJson): GraphJson['signature'] {
  return json.userDefinedMetadata?.signature ?? json.signature;
}

/** What the converter's loader makes of a topology without weights; the graph is a private field of its model. */
function converterGraph(topology: object, signature?: GraphJson['signature']): MappedGraph {
  const artifacts = {
    modelTopology: { versions: {}, ...topology },
    signature: signature ?? undefined,
    weightSpecs: [],
    weightData: new ArrayBuffer(0),
  };
  const model = new GraphModel({ load: () => artifacts } as unknown as ConstructorParameters<
    typeof GraphModel
  >[0]);
  void model.load();
  return (model as unknown as { executor: { graph: MappedGraph } }).executor.graph;
}
