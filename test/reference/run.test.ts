import t from 'tap';
import { writeLop } from '../../src/format/index.js';
import type { Graph, Node } from '../../src/graph/index.js';
import { loadReference, referenceTensors, runReference } from '../../src/reference/index.js';

function int8(scale: number, zeroPoint: number): object {
  return { dtype: 'i8', quantization: { scale, zeroPoint } };
}

function node(op: string, input: string, output: string, weights: Record<string, string> = {}): Node {
  return { name: op, op, inputs: [input], outputs: [output], attributes: {}, weights };
}

/** f32 image -> quantize -> conv2d -> max_pool2d -> reshape -> dense (f32 scores) -> softmax: int8 and f32 mixed. */
function mixedGraph(): Graph {
  const f32 = { dtype: 'f32' as const };
  const tensors: [string, number[], object][] = [
    ['image', [2, 2, 1], f32],
    ['pixels', [2, 2, 1], int8(0.5, 0)],
    ['features', [2, 2, 2], int8(1, -128)],
    ['pooled', [1, 1, 2], int8(1, -128)],
    ['vector', [2], int8(1, -128)],
    ['scores', [2], f32],
    ['chances', [2], f32],
  ];
  const kinds = { i8: Int8Array, i32: Int32Array, f32: Float32Array };
  const weights: [string, number[], keyof typeof kinds, number[]][] = [
    ['k1', [2, 1, 1, 1], 'i8', [2, 100]],
    ['b1', [2], 'i32', [1, 0]],
    ['s1', [2], 'f32', [1, 0.5]],
    ['k2', [2, 2], 'i8', [1, 0, 0, 1]],
    ['s2', [1], 'f32', [0.25]],
  ];
  return {
    inputs: ['image'],
    outputs: ['chances', 'vector'],
    tensors: new Map(tensors.map(([name, shape, more]) => [name, { name, shape, ...more } as never])),
    weights: new Map(
      weights.map(([name, shape, dtype, data]) => {
        return [name, { name, shape, dtype, data: kinds[dtype].from(data), block: [1, 1] }];
      }),
    ),
    nodes: [
      node('quantize', 'image', 'pixels'),
      {
        ...node('conv2d', 'pixels', 'features', { kernel: 'k1', bias: 'b1', scale: 's1' }),
        attributes: { activation: 'relu' },
      },
      { ...node('max_pool2d', 'features', 'pooled'), attributes: { size: [2, 2] } },
      node('reshape', 'pooled', 'vector'),
      node('dense', 'vector', 'scores', { kernel: 'k2', scale: 's2' }),
      node('softmax', 'scores', 'chances'),
    ],
    metadata: { labels: ['a', 'b'] },
  };
}

const image = Float32Array.of(1, 2, -3, 1.5);

t.test('every activation of a mixed graph, computed by hand', async (t) => {
  const values = referenceTensors(mixedGraph(), [image]);
  t.same([...values.get('pixels')!], [2, 4, -6, 3]);
  // Channel 0: (2q + 1) * 0.5 * 1 = 2.5, 4.5, -5.5, 3.5, halves to even; channel 1: 100q * 0.25 = 50, 100, -150, 75.
  t.same(
    [...values.get('features')!],
    [2, 50, 4, 100, 0, 0, 4, 75].map((v) => v - 128),
  );
  t.same([...values.get('pooled')!], [-124, -28]);
  t.same([...values.get('scores')!], [1, 25]);
  const small = Math.exp(-24) / (1 + Math.exp(-24));
  t.same([...values.get('chances')!], [small, 1 - small].map(Math.fround));
});

t.test('a .lop runs to the same bits as the graph that it was written from', async (t) => {
  const graph = mixedGraph();
  const model = loadReference(writeLop(graph));
  t.same(model.run(image), runReference(graph, [image]));
  t.same(
    [...model.inputs, ...model.outputs].map((tensor) => [tensor.name, tensor.dtype, tensor.shape]),
    [
      ['image', 'f32', [2, 2, 1]],
      ['chances', 'f32', [2]],
      ['vector', 'i8', [2]],
    ],
  );
  t.same(model.metadata.labels, ['a', 'b']);
});

t.test('inputs of the wrong number, kind, or length', async (t) => {
  const graph = mixedGraph();
  t.throws(() => runReference(graph, []), { name: 'RangeError', message: 'inputs: expected 1, got 0' });
  t.throws(() => runReference(graph, [new Int8Array(4)]), {
    name: 'TypeError',
    message: "input 'image': expected Float32Array, got [object Int8Array]",
  });
  t.throws(() => runReference(graph, [new Float32Array(5)]), {
    name: 'RangeError',
    message: "input 'image': expected 4 values for [2,2,1], got 5",
  });
});

t.test('a file whose nodes do not fit their operators', async (t) => {
  const graph = mixedGraph();
  graph.tensors.get('scores')!.shape = [3];
  graph.tensors.get('chances')!.shape = [3];
  t.throws(() => loadReference(writeLop(graph)), { message: /node 'dense' .*expected \[2\], got \[3\]/ });
});
