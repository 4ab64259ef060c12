import t from 'tap';
import type { Graph, Node, Quantization } from '../../src/graph/index.js';
import { checkGraph } from '../../src/ops/check.js';
import { runReference } from '../../src/reference/run.js';
import { random, SEED } from '../helpers/random.js';
import { normals, within } from './helpers.js';

function node(op: string, from: string, to: string): Node {
  return { name: op, op, inputs: [from], outputs: [to], attributes: {}, weights: {} };
}

/** x (f32) -> quantize -> q (int8) -> dequantize -> y (f32), with q an output too. */
function roundTrip(length: number, quantization: Quantization): Graph {
  const graph: Graph = {
    inputs: ['x'],
    outputs: ['q', 'y'],
    tensors: new Map([
      ['x', { name: 'x', shape: [length], dtype: 'f32' }],
      ['q', { name: 'q', shape: [length], dtype: 'i8', quantization }],
      ['y', { name: 'y', shape: [length], dtype: 'f32' }],
    ]),
    weights: new Map(),
    nodes: [node('quantize', 'x', 'q'), node('dequantize', 'q', 'y')],
    metadata: {},
  };
  checkGraph(graph);
  return graph;
}

t.test('hand-computed: halves to even, saturation, infinity, NaN', async (t) => {
  const graph = roundTrip(8, { scale: 0.5, zeroPoint: 10 });
  const x = Float32Array.of(0.25, 0.75, -0.25, 1, 1e30, -1e30, -Infinity, NaN);
  const [q, y] = runReference(graph, [x]);
  t.same([...q], [10, 12, 10, 12, 127, -128, -128, 10]);
  t.same([...y], [0, 1, 0, 1, 58.5, -69, -69, 0]);
});

t.test(`a value comes back within half a quantum (SEED=${SEED})`, async () => {
  const r = random();
  for (let i = 0; i < 20; i++) {
    const scale = Math.fround(0.05 + r.next());
    const graph = roundTrip(200, { scale, zeroPoint: r.int(-20, 20) });
    const x = normals(r, 200);
    // 1/s and x * (1/s) are rounded: 2^-22 quanta a quantum, below 107 of them.
    within(runReference(graph, [x])[1], x, () => scale * (0.5 + 107 * 2 ** -22), `scale ${scale}`);
  }
});
