import { consumersOf, producerOf, type Graph, type Node } from '../../graph/index.js';
import { getOp } from '../../ops/table.js';
import { matches } from '../pattern.js';

/** What a node computes in: `score` reads int8 and writes f32, as a last dense layer does to keep its scores' resolution. */
export type Domain = 'i8' | 'f32' | 'score';

/**
 * Decides which nodes become int8: all that have an int8 form, but those named in `float`. What only moves or compares
 * values (pools of maxima, reshape, relu) goes with what comes before it. A dense layer that only f32 nodes or the
 * graph's outputs read, directly or through such nodes, gives f32.
 */
export function nodeDomains(graph: Graph, float: readonly string[]): Map<Node, Domain> {
  const domains = new Map<Node, Domain>();
  for (const node of graph.nodes) domains.set(node, forwardDomain(graph, node, float, domains));
  for (const node of graph.nodes.toReversed()) {
    if (domains.get(node) !== 'i8' || !readAsFloat(graph, node, domains)) continue;
    if (canScore(node)) domains.set(node, 'score');
    else if (follows(node) && endsDense(graph, node)) domains.set(node, 'f32');
  }
  return domains;
}

function forwardDomain(
  graph: Graph,
  node: Node,
  float: readonly string[],
  domains: ReadonlyMap<Node, Domain>,
): Domain {
  const hasInt8 = getOp(node.op).dtypes.some(([from, to]) => from === 'i8' && to === 'i8');
  if (!hasInt8 || float.some((pattern) => matches(pattern, node.name))) return 'f32';
  const producer = producerOf(graph, node.inputs[0]);
  return follows(node) && producer !== undefined ? domains.get(producer)! : 'i8';
}

function readAsFloat(graph: Graph, node: Node, domains: ReadonlyMap<Node, Domain>): boolean {
  return consumersOf(graph, node.outputs[0]).every((consumer) => domains.get(consumer) === 'f32');
}

function follows(node: Node): boolean {
  return getOp(node.op).keepsQuantization === true;
}

function canScore(node: Node): boolean {
  return (
    getOp(node.op).dtypes.some(([from, to]) => from === 'i8' && to === 'f32') && node.op !== 'dequantize'
  );
}

/** True where what comes before `node`, through nodes that only move values, can give f32 itself. */
function endsDense(graph: Graph, node: Node): boolean {
  const producer = producerOf(graph, node.inputs[0]);
  if (producer === undefined || consumersOf(graph, node.inputs[0]).length > 1) return false;
  return canScore(producer) || (follows(producer) && endsDense(graph, producer));
}
