import t from 'tap';
import { writeLop } from '../../src/format/index.js';
import type { Graph } from '../../src/graph/graph.js';
import { random } from '../helpers/random.js';
import { BUILDS, readBuild, Runtime } from './harness.js';
import { linearOutput, linearWeights, oneNode, randomValues, tensor } from './models.js';

const EXPORTS = ['describe', 'error', 'load', 'memory', 'reserve', 'run'];

function smallModel(): Graph {
  const r = random();
  const x = tensor('image', [6, 5, 3], 'i8', r);
  const weights = linearWeights({ dtype: 'i8', kernel: [4, 3, 3, 3], density: 0.5 }, r);
  const graph = oneNode('conv2d', [x], { activation: 'relu' }, weights, linearOutput(x, 14, r));
  return { ...graph, metadata: { labels: ['ä'] } };
}

for (const build of BUILDS) {
  t.test(`${build}: no imports, and the exports of docs/runtime.md`, async (t) => {
    const module = new WebAssembly.Module(readBuild(build));
    t.same(WebAssembly.Module.imports(module), []);
    t.same(
      WebAssembly.Module.exports(module)
        .map(({ name }) => name)
        .sort(),
      EXPORTS,
    );
  });
}

for (const build of ['simd128-threads', 'relaxed-simd-threads'] as const) {
  t.test(`${build}: imports its shared memory, and two exports more`, async (t) => {
    const module = new WebAssembly.Module(readBuild(build));
    t.same(WebAssembly.Module.imports(module), [{ module: 'env', name: 'memory', kind: 'memory' }]);
    t.same(
      WebAssembly.Module.exports(module)
        .map(({ name }) => name)
        .sort(),
      [...EXPORTS, 'split', 'work'].sort(),
    );
  });
}

t.test('describe', async (t) => {
  const runtime = new Runtime('simd128');
  const graph = smallModel();
  t.equal(runtime.exports.describe(0, 0), 0, 'nothing before a load');
  t.equal(runtime.load(writeLop(graph)), 0);
  const words = runtime.words;
  const text = (at: number): string =>
    Buffer.from(runtime.exports.memory.buffer, words[at], words[at + 1]).toString();
  const input = runtime.exports.describe(0, 0) / 4;
  t.same([...words.subarray(input + 1, input + 7)], [90, 1, 3, 6, 5, 3], 'bytes, dtype, rank, dims');
  t.equal(text(input + 12), 'image');
  const node = runtime.exports.describe(2, 0) / 4;
  t.equal(text(node), 'conv2d');
  t.equal(text(node + 2), 'node');
  t.equal(words[node + 5], 108, 'weights');
  const kernel = graph.weights.get('kernel')!.data as Int8Array;
  t.equal(words[node + 4], kernel.filter((w) => w !== 0).length, 'kept weights');
  const multiplyAdds = new DataView(runtime.exports.memory.buffer).getFloat64(node * 4 + 24, true);
  t.equal(multiplyAdds, words[node + 4] * 12);
  t.equal(text(runtime.exports.describe(3, 0) / 4), '{"labels":["ä"]}');
  for (const kind of [0, 1, 2, 3, 4])
    t.equal(runtime.exports.describe(kind, 1), 0, `past the end of kind ${kind}`);
});

t.test('many loads in one instance do not grow memory', async (t) => {
  const runtime = new Runtime('simd128');
  const file = writeLop(smallModel());
  runtime.load(file);
  const bytes = runtime.exports.memory.buffer.byteLength;
  for (let i = 0; i < 50; i++) t.equal(runtime.load(file), 0);
  t.equal(runtime.exports.memory.buffer.byteLength, bytes);
});

t.test('nodes one by one give what a whole run gives', async (t) => {
  const runtime = new Runtime('simd128');
  const graph = smallModel();
  runtime.load(writeLop(graph));
  const inputs = [randomValues(graph.tensors.get('image')!, random())];
  const [whole] = runtime.run(inputs, 1);
  runtime.tensor(1, 0).fill(0);
  runtime.exports.run(0, 1);
  t.same(runtime.tensor(1, 0), whole);
});

t.test('a file at another address than reserve gave, or longer, is refused', async (t) => {
  const runtime = new Runtime('simd128');
  const ptr = runtime.exports.reserve(100);
  t.equal(runtime.exports.load(ptr + 16, 84, 1), 4);
  t.equal(runtime.exports.load(ptr, 101, 1), 4);
  t.equal(runtime.exports.load(0, 0, 1), 4);
});
