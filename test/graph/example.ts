import type { Graph, Node } from '../../src/graph/index.js';

function node(name: string, inputs: string[], weights: Record<string, string> = {}): Node {
  return { name, op: name, inputs, outputs: [`${name}_out`], attributes: { pads: [1, 2] }, weights };
}

/** x -> a -> b -> (c, d) -> e; c and d share weight w; e is the output. Operators do not matter here. */
export function exampleGraph(): Graph {
  const nodes = [
    node('a', ['x']),
    node('b', ['a_out']),
    node('c', ['b_out'], { kernel: 'w' }),
    node('d', ['b_out'], { kernel: 'w' }),
    node('e', ['c_out', 'd_out']),
  ];
  const names = ['x', ...nodes.map((n) => n.outputs[0])];
  return {
    inputs: ['x'],
    outputs: ['e_out'],
    tensors: new Map(names.map((name) => [name, { name, shape: [2], dtype: 'f32' as const }])),
    weights: new Map([
      ['w', { name: 'w', shape: [2, 1], dtype: 'f32', data: Float32Array.of(1, 2), block: [1, 1] }],
    ]),
    nodes,
    metadata: { labels: ['cat'] },
  };
}

export function nodeNamed(graph: Graph, name: string): Graph['nodes'][number] {
  return graph.nodes.find((node) => node.name === name)!;
}
