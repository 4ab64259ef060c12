import { ImportError } from '../errors.js';
import type { GraphNode, TensorFlowGraph } from './definitions.js';

/**
 * The nodes that `roots` need, each after those that it reads. What the body of a loop hands to its next round comes after all
 * else, so that every node of the loop is in the list. ImportError for other cycles.
 */
export function executionOrder({ nodes }: TensorFlowGraph, roots: readonly string[]): GraphNode[] {
  const order: GraphNode[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const later = [...roots].reverse();
  const stack: GraphNode[] = [];
  while (stack.length > 0 || later.length > 0) {
    if (stack.length === 0) stack.push(nodes.get(later.pop()!)!);
    const node = stack[stack.length - 1];
    const known = state.get(node.name);
    if (known !== undefined) {
      stack.pop();
      if (known === 'open') order.push(node);
      state.set(node.name, 'done');
      continue;
    }
    state.set(node.name, 'open');
    const needs = [...node.inputs.map((input) => input.node), ...node.controls];
    if (node.op === 'NextIteration') later.unshift(...needs);
    else stack.push(...needs.map((name) => unvisited(name)).filter((need) => need !== undefined));
  }
  return order;

  function unvisited(name: string): GraphNode | undefined {
    const known = state.get(name);
    if (known === 'open')
      throw new ImportError('json', `${name}: expected a graph without cycles, got one through this node`);
    return known === undefined ? nodes.get(name) : undefined;
  }
}
