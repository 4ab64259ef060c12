/** `load(..., { batch })`: a run of n samples gives, for each, what a run of it alone gives. */
import t from 'tap';
import { writeLop } from '../../src/format/index.js';
import type { Graph } from '../../src/graph/graph.js';
import { load } from '../../src/runtime/node.js';
import { random, SEED } from '../helpers/random.js';
// switches relaxed SIMD on
import '../assembly/harness.js';
import { growGraph } from '../assembly/growth.js';
import { graphOf, linearOutput, linearWeights, oneNode, randomValues, tensor } from '../assembly/models.js';
import { floatNodes, join, type Sample } from './samples.js';

const r = random();

async function compareWithSingle(graph: Graph, batch: number, build: 'simd128' | 'relaxed-simd') {
  const file = writeLop(graph);
  const single = await load(file, { build });
  const model = await load(file, { build, batch });
  const samples = Array.from({ length: batch }, () =>
    graph.inputs.map((name) => randomValues(graph.tensors.get(name)!, r)),
  ) as Sample[];
  const want = samples.map((sample) => single.run(...sample).map((values) => values.slice()));
  const got = model.run(...join(samples));
  return { got, want: join(want), model };
}

for (let i = 0; i < 20; i++) {
  t.test(`random graph ${i}`, async (t) => {
    const graph = growGraph(random(SEED + 1000 + i));
    const batch = 1 + (i % 5);
    for (const build of ['simd128', 'relaxed-simd'] as const) {
      const { got, want, model } = await compareWithSingle(graph, batch, build);
      t.same(got, want, `batch ${batch}, ${build}, SEED=${SEED}`);
      t.equal(model.batch, batch);
    }
  });
}

t.test('an int8 constant in planes, as f32 for every sample', async (t) => {
  const x = tensor('x', [2, 3, 3], 'f32', r);
  const { dtype, quantization } = tensor('', [], 'i8', r);
  const data = Int8Array.from({ length: 18 }, () => r.int(-128, 127));
  const value = { name: '', shape: [2, 3, 3], dtype: 'i8' as const, data, block: [1, 1] as [number, number] };
  const graph = graphOf(
    [x],
    [
      { name: 'c', op: 'constant', inputs: [], weights: { value }, output: { dtype, quantization } },
      { name: 'p', op: 'global_max_pool2d', inputs: ['c'], output: { dtype, quantization } },
      { name: 'f', op: 'dequantize', inputs: ['c'] },
      { name: 's', op: 'add', inputs: ['f', 'x'] },
      { name: 'y', op: 'global_avg_pool2d', inputs: ['s'] },
    ],
  );
  const { got, want } = await compareWithSingle(graph, 3, 'simd128');
  t.same(got, want, `SEED=${SEED}`);
});

t.test('layers of f32 give the same sums', async (t) => {
  for (const [what, graph] of floatNodes(r)) {
    for (const batch of [2, 3]) {
      const { got, want } = await compareWithSingle(graph, batch, 'simd128');
      t.same(got, want, `${what}, batch ${batch}, SEED=${SEED}`);
    }
  }
});

t.test('shapes stay without batch, and wrong ones are refused', async (t) => {
  const x = tensor('x', [20], 'i8', r);
  const graph = oneNode(
    'dense',
    [x],
    {},
    linearWeights({ dtype: 'i8', kernel: [4, 20] }, r),
    linearOutput(x, 10, r),
  );
  const file = writeLop(graph);
  const model = await load(file, { batch: 3 });
  t.same(model.inputs[0].shape, [20]);
  t.throws(() => model.run(new Int8Array(20)), {
    name: 'RangeError',
    message: "input 'x': expected 60 values for 3 x [20], got 20",
  });
  t.equal((await load(file)).batch, 1);
  for (const batch of [0, -1, 1.5, NaN, '2' as never]) {
    await t.rejects(load(file, { batch }), {
      name: 'RangeError',
      message: `batch: expected a whole number of at least 1, got ${batch}`,
    });
  }
  for (const batch of [65537, 2 ** 32, 2 ** 40]) {
    await t.rejects(load(file, { batch }), {
      code: 'limit',
      message: /at most 65536, got .* smaller model or batch/,
    });
  }
});
