import t from 'tap';
import { elements, cloneGraph, type Graph } from '../../../src/graph/index.js';
import { unitGroups } from '../../../src/compress/structure/groups.js';
import { removeUnits } from '../../../src/compress/structure/remove.js';
import { Units } from '../../../src/compress/structure/units.js';
import { importModel } from '../../../src/import/index.js';
import { cleanUp } from '../../../src/passes/index.js';
import { runReference } from '../../../src/reference/index.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { random, SEED, type Random } from '../../helpers/random.js';
import { needsShared, SHARED } from '../../helpers/shared.js';
import { randomGraph } from './random-graph.js';

/** About half of every group, at least one unit of it stays. */
function drawRemoved(units: Units, { next, int }: Random): Set<number> {
  const groups = unitGroups(units).map(({ units: all }) => {
    const stays = int(0, all.length - 1);
    return all.filter((_, i) => i !== stays && next() < 0.5);
  });
  return new Set(groups.flat());
}

/** The same graph with zeros wherever weights lie on removed units. */
function zeroed(units: Units, removed: ReadonlySet<number>): Graph {
  const graph = cloneGraph(units.graph);
  for (const weight of units.graph.weights.values()) {
    const { data } = graph.weights.get(weight.name)!;
    weight.shape.forEach((dim, axis) => {
      const along = units.along(weight, axis);
      const inner = elements(weight.shape.slice(axis + 1));
      for (let i = 0; i < data.length; i++) if (removed.has(along[Math.floor(i / inner) % dim])) data[i] = 0;
    });
  }
  return graph;
}

function drawInput(graph: Graph, { normal }: Random): Float32Array {
  return Float32Array.from({ length: elements(graph.tensors.get(graph.inputs[0])!.shape) }, normal);
}

t.comment(`SEED=${SEED}`);

t.test('random graphs give what they give with those channels at zero, to the bit', async (t) => {
  const { int } = random();
  let shrunk = 0;
  for (let i = 0; i < 300; i++) {
    const seed = int(1, 2 ** 31);
    const stream = random(seed);
    const graph = randomGraph(stream);
    const units = new Units(graph);
    const removed = drawRemoved(units, stream);
    const input = drawInput(graph, stream);
    const [want] = runReference(zeroed(units, removed), [input]);
    const smaller = removeUnits(units, removed);
    const [got] = runReference(smaller, [input]);
    if (removed.size > 0) shrunk++;
    if (Buffer.from(want.buffer).equals(Buffer.from(got.buffer)) && want.every(Number.isFinite)) continue;
    t.same(got, want, `graph ${i}, drawn from ${seed}: ${graph.nodes.map(({ op }) => op)}`);
  }
  t.ok(shrunk > 200, `${shrunk} of 300 graphs shrank`);
});
