import t from 'tap';
import { validateGraph, type Graph } from '../../src/graph/index.js';
import { exampleGraph, nodeNamed } from './example.js';

t.test('a sound graph', async (t) => {
  t.doesNotThrow(() => validateGraph(exampleGraph()));
});

const faults: [string, (graph: Graph) => void, RegExp][] = [
  ['input unknown', (g) => (nodeNamed(g, 'b').inputs = ['nope']), /node 'b': nothing before it .* 'nope'/],
  ['order', (g) => g.nodes.reverse(), /node 'e': nothing before it produces its input 'c_out'/],
  ['output unknown', (g) => (g.outputs = ['nope']), /outputs: nothing produces 'nope'/],
  ['no output', (g) => (g.outputs = []), /outputs: expected at least one, got none/],
  ['two producers', (g) => (nodeNamed(g, 'b').outputs = ['a_out']), /tensor 'a_out' already has a producer/],
  ['no such tensor', (g) => g.tensors.delete('b_out'), /node 'b': tensor 'b_out' is not in the graph/],
  ['no such weight', (g) => g.weights.delete('w'), /node 'c': its kernel 'w' is not in the graph/],
  ['same name', (g) => (g.nodes[1].name = 'a'), /node 'a': expected a unique name, got it twice/],
  [
    'wrong key',
    (g) => (g.tensors.get('x')!.name = 'z'),
    /tensor 'z': expected to be listed under its name, got 'x'/,
  ],
  [
    'rank 7',
    (g) => (g.tensors.get('x')!.shape = [1, 1, 1, 1, 1, 1, 1]),
    /expected at most 6 dimensions .* got \[1,1,1,1,1,1,1\]/,
  ],
  ['dimension 0', (g) => (g.tensors.get('x')!.shape = [0]), /of at least 1, got \[0\]/],
  [
    'no scale',
    (g) => (g.tensors.get('x')!.dtype = 'i8'),
    /expected a scale exactly where dtype is i8, got none for i8/,
  ],
  ['scale of f32', (g) => (g.tensors.get('x')!.quantization = { scale: 1, zeroPoint: 0 }), /got one for f32/],
  ['scale not f32', (g) => quantize(g, 0.1, 0), /expected a positive f32 scale, got 0.1/],
  ['scale 0', (g) => quantize(g, 0, 0), /expected a positive f32 scale, got 0/],
  ['zero point', (g) => quantize(g, 1, 128), /expected a zero point in -128..127, got 128/],
  ['dtype', (g) => (g.tensors.get('x')!.dtype = 'f64' as 'f32'), /expected f32, i8 or i32, got f64/],
  ['data length', (g) => (g.weights.get('w')!.shape = [3]), /weight 'w': expected 3 values for \[3\], got 2/],
  [
    'data kind',
    (g) => (g.weights.get('w')!.data = Int8Array.of(1, 2)),
    /expected Float32Array for f32, got Int8Array/,
  ],
  [
    'block',
    (g) => (g.weights.get('w')!.block = [0, 1]),
    /expected a block of two whole numbers .* got \[0,1\]/,
  ],
];

function quantize(graph: Graph, scale: number, zeroPoint: number): void {
  Object.assign(graph.tensors.get('x')!, { dtype: 'i8', quantization: { scale, zeroPoint } });
}

for (const [name, change, message] of faults) {
  t.test(name, async (t) => {
    const graph = exampleGraph();
    change(graph);
    t.throws(() => validateGraph(graph), { message });
  });
}
