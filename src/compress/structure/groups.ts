import type { Graph, Weight } from '../../graph/index.js';
import { getOp } from '../../ops/table.js';
import { FIXED, type Shaped, type Units } from './units.js';

/** Where units lie along an axis of a weight. */
export interface WeightAxis {
  weight: Weight;
  /** Of the first node that has it. */
  role: string;
  axis: number;
}

/**
 * Units that lie along the same axes of the same tensors and weights: the filters of a layer, or of all layers of a residual
 * stage. Some of them may go, but not all.
 */
export interface UnitGroup {
  /** The layers whose filters they are, in execution order. */
  layers: string[];
  /** Ascending. */
  units: number[];
  /** The weights that shrink. */
  axes: WeightAxis[];
}

/** Groups of what may be taken out, in execution order of their first layers. */
export function unitGroups(units: Units): UnitGroup[] {
  const { graph } = units;
  const axesOf = axesByUnit(units);
  const groups = new Map<string, UnitGroup>();
  const roles = rolesOf(graph);
  const order = new Map(graph.nodes.map(({ name }, index) => [name, index]));
  for (const [unit, places] of axesOf) {
    const key = places.map(({ id, axis }) => `${id}:${axis}`).join(' ');
    const group = groups.get(key);
    if (group) group.units.push(unit);
    else groups.set(key, { units: [unit], layers: [], axes: weightAxes(places, roles) });
  }
  const layers = filterLayers(graph);
  for (const group of groups.values()) {
    const filters = group.axes.filter(({ axis }) => axis === 0);
    group.layers = filters.flatMap(({ weight }) => layers.get(weight.name) ?? []);
    group.layers.sort((a, b) => order.get(a)! - order.get(b)!);
    group.units.sort((a, b) => a - b);
  }
  return [...groups.values()]
    .filter(({ layers: names }) => names.length > 0)
    .sort((a, b) => order.get(a.layers[0])! - order.get(b.layers[0])!);
}

interface Place {
  of: Shaped;
  /** Number of the tensor or weight. */
  id: number;
  axis: number;
}

/** The axes that each unit lies along, but for what is fixed. */
function axesByUnit(units: Units): Map<number, Place[]> {
  const { tensors, weights } = units.graph;
  const places = new Map<number, Place[]>();
  [...tensors.values(), ...weights.values()].forEach((of, id) => {
    of.shape.forEach((_, axis) => {
      for (const unit of new Set(units.along(of, axis))) {
        if (unit === FIXED) continue;
        const known = places.get(unit);
        if (known) known.push({ of, id, axis });
        else places.set(unit, [{ of, id, axis }]);
      }
    });
  });
  return places;
}

function weightAxes(places: Place[], roles: ReadonlyMap<string, string>): WeightAxis[] {
  return places
    .filter(({ of }) => 'data' in of)
    .map(({ of, axis }) => ({ weight: of as Weight, role: roles.get(of.name) ?? '', axis }));
}

function rolesOf(graph: Graph): Map<string, string> {
  const entries = graph.nodes.flatMap(({ weights }) => Object.entries(weights));
  return new Map(entries.toReversed().map(([role, name]) => [name, role]));
}

/** By kernel: the nodes that make channels with it. */
function filterLayers(graph: Graph): Map<string, string[]> {
  const layers = new Map<string, string[]>();
  for (const node of graph.nodes) {
    const [role] = getOp(node.op).prunable;
    const weight = role === undefined ? undefined : node.weights[role];
    if (weight === undefined) continue;
    layers.set(weight, [...(layers.get(weight) ?? []), node.name]);
  }
  return layers;
}
