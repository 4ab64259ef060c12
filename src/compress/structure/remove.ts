import { copyGraph, type Graph } from '../../graph/index.js';
import type { KeptAlong } from '../../ops/channels.js';
import { checkGraph, viewOf } from '../../ops/check.js';
import { getOp } from '../../ops/table.js';
import { keptPart, type Shaped, type Units } from './units.js';

/**
 * A copy of the units' graph without some of its units: every tensor and weight is shorter along every axis that they lie on.
 * The outputs are those of the graph in which nothing reads what was taken out.
 *
 * @throws RangeError where an axis would be left empty
 */
export function removeUnits(units: Units, removed: ReadonlySet<number>): Graph {
  const source = units.graph;
  const kept: KeptAlong = (of, axis) =>
    Uint8Array.from(units.along(of, axis), (unit) => (removed.has(unit) ? 0 : 1));
  const graph = copyGraph(source);
  for (const node of graph.nodes) {
    const rule = getOp(node.op).channels;
    if (!rule?.attributes) continue;
    const view = viewOf(
      source,
      source.nodes.find(({ name }) => name === node.name)!,
    );
    Object.assign(node.attributes, rule.attributes(view, kept));
  }
  for (const tensor of source.tensors.values()) graph.tensors.get(tensor.name)!.shape = shapeOf(tensor, kept);
  for (const weight of source.weights.values()) {
    const shape = shapeOf(weight, kept);
    if (`${shape}` === `${weight.shape}`) continue;
    const marks = weight.shape.map((_, axis) => kept(weight, axis));
    const data = keptPart(weight.data, weight.shape, marks);
    // What was in one block may now lie in two.
    graph.weights.set(weight.name, { ...weight, shape, data, block: [1, 1] });
  }
  checkGraph(graph);
  return graph;
}

function shapeOf(of: Shaped, kept: KeptAlong): number[] {
  return of.shape.map((_, axis) => kept(of, axis).reduce((sum, one) => sum + one, 0));
}
