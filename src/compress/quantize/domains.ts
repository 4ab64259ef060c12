import { elements, type GraphIndex, type Node } from '../../graph/index.js';
import { getOp } from '../../ops/table.js';
import { flowingInputs, int8FormOf, keepsScale } from './forms.js';

/** What a node computes in: `score` reads int8 and writes f32, as a last dense layer does to keep its scores' resolution. */
export type Domain = 'i8' | 'f32' | 'score';

/** What int8 is for: sums of products. Without one of them nearby, conversions cost more than int8 saves. */
const LAYERS: ReadonlySet<string> = new Set(['conv2d', 'depthwise_conv2d', 'dense']);

/**
 * Decides which nodes become int8: convolutions and dense layers, but those that stay f32, and around them what has an int8
 * form and takes no more values to convert in int8 than in f32. What only moves or compares values (pools of maxima, reshape, relu) goes
 * with what comes before it. A dense layer that only f32 nodes or the graph's outputs read, directly or through such nodes,
 * gives f32. A function before f32 or an output stays f32 (a table has 256 results), and so does a sum that a layer_norm
 * reads: residual streams of transformers have outliers.
 */
export function nodeDomains(index: GraphIndex, staysFloat: (node: Node) => boolean): Map<Node, Domain> {
  const domains: Domains = new Map();
  for (const node of index.graph.nodes) domains.set(node, forwardDomain(index, node, staysFloat, domains));
  while (readersDecide(index, domains) || islandsSink(index, domains));
  return domains;
}

type Domains = Map<Node, Domain>;

function forwardDomain(
  index: GraphIndex,
  node: Node,
  staysFloat: (node: Node) => boolean,
  domains: Domains,
): Domain {
  const form = int8FormOf(index, node);
  if (form === undefined || staysFloat(node)) return 'f32';
  if (LAYERS.has(node.op)) return 'i8';
  const before = flowingInputs(index, node).map((name) => index.producerOf(name));
  const known = before.filter((producer) => producer !== undefined).map((producer) => domains.get(producer));
  if (known.length < before.length && !known.includes('f32')) return 'i8';
  if (keepsScale(index, node) && before.length === 1) return known[0]!;
  return known.length === 0 || known.includes('i8') ? 'i8' : 'f32';
}

/** From the outputs back: what its readers would convert. True where that changed a domain. */
function readersDecide(index: GraphIndex, domains: Domains): boolean {
  let changed = false;
  for (const node of index.graph.nodes.toReversed()) {
    if (domains.get(node) !== 'i8') continue;
    const domain = domainForReaders(index, node, domains);
    if (domain === 'i8') continue;
    domains.set(node, domain);
    changed = true;
  }
  return changed;
}

function domainForReaders(index: GraphIndex, node: Node, domains: Domains): Domain {
  const isFloat = readAsFloat(index, node, domains);
  if (isFloat && canScore(node)) return 'score';
  if (LAYERS.has(node.op)) return 'i8';
  const readers = index.readersOf(node.outputs[0]);
  if (node.op === 'add' && readers.some(({ op }) => op === 'layer_norm')) return 'f32';
  const before = flowingInputs(index, node).map((name) => index.producerOf(name));
  if (keepsScale(index, node) && before.length === 1) {
    if (before[0] && domains.get(before[0]) !== 'i8') return 'f32';
    return isFloat && endsDense(index, node) ? 'f32' : 'i8';
  }
  const { int8, float } = conversionsOf(index, node, domains);
  const prefersFloat = isFloat && (int8FormOf(index, node) === 'lookup' || node.op === 'concat');
  return int8 > float || (int8 === float && prefersFloat) ? 'f32' : 'i8';
}

/** How many values are converted around the node where it is int8, and where it is f32. */
function conversionsOf(index: GraphIndex, node: Node, domains: Domains): { int8: number; float: number } {
  const sizeOf = (name: string): number => elements(index.tensor(name).shape);
  const isInt8 = (producer: Node | undefined): boolean => !!producer && domains.get(producer) === 'i8';
  const [output] = node.outputs;
  const readers = index.readersOf(output).map((reader) => domains.get(reader));
  const readFloat = index.isOutput(output) || readers.includes('f32');
  const readInt8 = readers.some((domain) => domain !== 'f32');
  let int8 = readFloat ? sizeOf(output) : 0;
  let float = readInt8 ? sizeOf(output) : 0;
  for (const name of flowingInputs(index, node)) {
    if (isInt8(index.producerOf(name))) float += sizeOf(name);
    else int8 += sizeOf(name);
  }
  return { int8, float };
}

/** Int8 nodes that lead to and from each other without a layer among them become f32. True where there were any. */
function islandsSink(index: GraphIndex, domains: Domains): boolean {
  const seen = new Set<Node>();
  let changed = false;
  for (const [node, domain] of domains) {
    if (domain === 'f32' || seen.has(node)) continue;
    const island = islandOf(index, node, domains);
    island.forEach((other) => seen.add(other));
    if (island.some(({ op }) => LAYERS.has(op))) continue;
    island.forEach((other) => domains.set(other, 'f32'));
    changed = true;
  }
  return changed;
}

function islandOf(index: GraphIndex, start: Node, domains: Domains): Node[] {
  const island = new Set([start]);
  for (const node of island) {
    const before = flowingInputs(index, node).map((name) => index.producerOf(name));
    const after = domains.get(node) === 'i8' ? index.readersOf(node.outputs[0]) : [];
    for (const other of before) if (other && domains.get(other) === 'i8') island.add(other);
    for (const other of after) if (domains.get(other) !== 'f32') island.add(other);
  }
  return [...island];
}

function readAsFloat(index: GraphIndex, node: Node, domains: Domains): boolean {
  return index.readersOf(node.outputs[0]).every((reader) => domains.get(reader) === 'f32');
}

function canScore(node: Node): boolean {
  return (
    getOp(node.op).dtypes.some(([from, to]) => from === 'i8' && to === 'f32') && node.op !== 'dequantize'
  );
}

/** True where what comes before `node`, through nodes that only move values, can give f32 itself. */
function endsDense(index: GraphIndex, node: Node): boolean {
  const producer = index.producerOf(node.inputs[0]);
  if (producer === undefined || index.readersOf(node.inputs[0]).length > 1) return false;
  return canScore(producer) || (keepsScale(index, producer) && endsDense(index, producer));
}
