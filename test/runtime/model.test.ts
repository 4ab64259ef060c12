import t from 'tap';
import { writeLop } from '../../src/format/index.js';
import { load } from '../../src/runtime/node.js';
import { runReference } from '../../src/reference/run.js';
import { random } from '../helpers/random.js';
import { linearOutput, linearWeights, oneNode, randomValues, tensor } from '../assembly/models.js';

const r = random();
const x = tensor('image', [8, 8, 3], 'i8', r);
const graph = oneNode(
  'conv2d',
  [x],
  { pads: [1, 1, 1, 1] },
  linearWeights({ dtype: 'i8', kernel: [4, 3, 3, 3], density: 0.5 }, r),
  linearOutput(x, 14, r),
);
graph.metadata = { labels: ['cat', 'Käfer'] };
const file = writeLop(graph);

t.test('inputs, outputs and metadata', async (t) => {
  const model = await load(file);
  const { scale, zeroPoint } = x.quantization!;
  t.same(model.inputs, [{ name: 'image', shape: [8, 8, 3], dtype: 'i8', scale, zeroPoint }]);
  t.match(model.outputs, [{ name: 'y', shape: [8, 8, 4], dtype: 'i8' }]);
  t.same(model.metadata, graph.metadata);
  t.ok(model.memoryBytes >= 2 ** 16);
});

t.test('run gives views of the same memory each time', async (t) => {
  const model = await load(file);
  const inputs = [1, 2, 3].map(() => randomValues(x, r));
  const first = model.run(inputs[0]);
  for (const input of inputs) {
    const outputs = model.run(input);
    t.equal(outputs, first, 'the same array');
    t.same(outputs, runReference(graph, [input]));
  }
});

t.test('models of one file are independent', async (t) => {
  const [a, b] = await Promise.all([load(file), load(file)]);
  const input = randomValues(x, r);
  const kept = a.run(input)[0].slice();
  b.run(randomValues(x, r));
  t.same(a.run(input)[0], kept);
});

t.test('wrong inputs are refused and the model stays usable', async (t) => {
  const model = await load(file);
  const input = randomValues(x, r);
  t.throws(() => model.run(new Float32Array(192)), {
    name: 'TypeError',
    message: "input 'image': expected Int8Array, got Float32Array",
  });
  t.throws(() => model.run([1, 2, 3] as never), { name: 'TypeError', message: /got Array/ });
  t.throws(() => model.run(new Int8Array(191)), {
    name: 'RangeError',
    message: "input 'image': expected 192 values for [8,8,3], got 191",
  });
  t.throws(() => model.run(), { name: 'RangeError', message: 'inputs: expected 1, got 0' });
  t.throws(() => model.run(input, input), { name: 'RangeError', message: 'inputs: expected 1, got 2' });
  t.same(model.run(input), runReference(graph, [input]));
});

t.test('profile', async (t) => {
  const model = await load(file);
  const input = randomValues(x, r);
  const [before] = model.run(input).map((values) => values.slice());
  const [node] = model.profile(3);
  const kept = (graph.weights.get('kernel')!.data as Int8Array).filter((w) => w !== 0).length;
  t.match(node, { name: 'node', op: 'conv2d', weights: 108, kept, multiplyAdds: kept * 64 });
  t.ok(node.ms > 0 && node.unpackedBytes > kept);
  t.same(model.run(input)[0], before);
  t.throws(() => model.profile(0), { name: 'RangeError', message: /runs: expected/ });
});

t.test('dispose', async (t) => {
  const model = await load(file);
  model.dispose();
  model.dispose();
  for (const use of [() => model.run(randomValues(x, r)), () => model.profile(), () => model.memoryBytes]) {
    t.throws(use, { name: 'LopperError', code: 'disposed' });
  }
});
