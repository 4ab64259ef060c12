/** Our own networks written as ONNX and read again: the same numbers, in int8 the same bits. */
import t from 'tap';
import { int8GraphToOnnx } from '../../../src/bench/onnx/from-int8-graph.js';
import { graphToOnnx } from '../../../src/bench/onnx/from-graph.js';
import { makeVariant, type Variant } from '../../../src/bench/synthetic/index.js';
import { elements, tensorOf, type Graph } from '../../../src/graph/index.js';
import { importModel } from '../../../src/import/index.js';
import { checkGraph } from '../../../src/ops/check.js';
import { runReference } from '../../../src/reference/index.js';
import { random, SEED } from '../../helpers/random.js';
import { differenceOf } from './compare.js';

const NAMES = [
  'resnet-8',
  'ds-cnn',
  'lenet-300-100',
  'ad-autoencoder',
  'mobilenet-v1-0.25-96',
  'pointwise-16-8',
];

function drawn(name: string, dtype: Variant['dtype']): Graph {
  return makeVariant(name, { dtype, sparsity: 0, block: [1, 1] }, 7).graph;
}

function int8Layers({ nodes }: Graph): number {
  return nodes.filter(({ weights }) => weights['scale']).length;
}

/** In -1..1, as the int8 graphs' inputs are scaled. */
function input(graph: Graph): Float32Array {
  const r = random(SEED);
  const length = elements(tensorOf(graph, graph.inputs[0]).shape);
  return Float32Array.from({ length }, () => r.next() * 2 - 1);
}

for (const name of NAMES) {
  t.test(`${name} in f32`, async (t) => {
    const graph = drawn(name, 'f32');
    const again = await importModel(graphToOnnx(graph));
    checkGraph(again);
    const x = input(graph);
    const [want] = runReference(graph, [x]) as Float32Array[];
    const [got] = runReference(again, [x]) as Float32Array[];
    const difference = differenceOf(got, want);
    t.ok(difference < 1e-5, `${difference}`);
    t.same(
      again.inputs.map((tensor) => tensorOf(again, tensor).shape),
      graph.inputs.map((tensor) => tensorOf(graph, tensor).shape),
    );
    t.notOk(
      again.nodes.some(({ op }) => op === 'transpose'),
      'nothing is transposed',
    );
  });

  t.test(`${name} in int8, kept`, async (t) => {
    const graph = drawn(name, 'int8');
    const again = await importModel(int8GraphToOnnx(graph), { quantized: 'keep' });
    checkGraph(again);
    const x = input(graph);
    t.same(runReference(again, [x]), runReference(graph, [x]));
    t.equal(int8Layers(again), int8Layers(graph), 'every layer stays int8');
  });

  t.test(`${name} in int8, dequantized`, async (t) => {
    const graph = drawn(name, 'int8');
    const again = await importModel(int8GraphToOnnx(graph));
    checkGraph(again);
    t.notOk([...again.tensors.values()].some(({ dtype }) => dtype === 'i8'));
    const x = input(graph);
    const difference = differenceOf(
      runReference(again, [x])[0] as Float32Array,
      runReference(graph, [x])[0] as Float32Array,
    );
    t.comment(`${difference} of the largest output`);
    t.ok(difference < 0.2, `${difference}`);
  });
}
