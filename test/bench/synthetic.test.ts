import t from 'tap';
import { ARCHITECTURES, buildArchitecture } from '../../src/bench/architectures/index.js';
import {
  drawWeights,
  makeVariant,
  prunableNodes,
  quantizeModel,
  randomInput,
  variantsOf,
} from '../../src/bench/synthetic/index.js';
import { activationsOf, rectified } from '../../src/bench/synthetic/moments.js';
import { chooseMask, createRandom } from '../../src/bench/synthetic/random.js';
import { checkLimits } from '../../src/compress/quantize/limits.js';
import { readLop } from '../../src/format/index.js';
import type { Weight } from '../../src/graph/index.js';
import { checkGraph } from '../../src/ops/check.js';
import { referenceTensors } from '../../src/reference/run.js';
import { relativeDistance } from '../../src/bench/agreement.js';

const SMALL = ['mobilenet-v1-0.25-96', 'resnet-8', 'ds-cnn', 'lenet-300-100', 'ad-autoencoder'] as const;
const BLOCKS = [
  [1, 1],
  [1, 2],
  [2, 2],
  [4, 2],
] as const;

t.test('every combination once; a dense one has no block', async (t) => {
  const variants = variantsOf({
    sparsities: [0, 0.8],
    blocks: [BLOCKS[2], BLOCKS[0]],
    dtypes: ['int8', 'f32'],
  });
  t.same(
    variants.map(({ dtype, sparsity, block }) => `${dtype} ${sparsity} ${block.join('x')}`),
    ['int8 0 1x1', 'int8 0.8 2x2', 'int8 0.8 1x1', 'f32 0 1x1', 'f32 0.8 2x2', 'f32 0.8 1x1'],
  );
});

/** Numbers of the blocks that hold anything, counted element by element. */
function keptBlocks({ shape, data }: Weight, [bo, bi]: readonly number[]): { kept: number; blocks: number } {
  const [outputs, ...rest] = shape;
  const inputs = rest.pop()!;
  const taps = data.length / outputs / inputs;
  const across = Math.ceil(inputs / bi);
  const seen = new Set<number>();
  data.forEach((w, at) => {
    const [o, tap, i] = [Math.floor(at / taps / inputs), Math.floor(at / inputs) % taps, at % inputs];
    if (w !== 0) seen.add((Math.floor(o / bo) * taps + tap) * across + Math.floor(i / bi));
  });
  return { kept: seen.size, blocks: Math.ceil(outputs / bo) * taps * across };
}

for (const name of SMALL)
  t.test(`${name}: exactly the sparsity asked for, in whole blocks, of what is prunable`, async (t) => {
    for (const block of BLOCKS)
      for (const sparsity of [0.5, 0.8, 0.9]) {
        const graph = quantizeModel(drawWeights(buildArchitecture(name), { sparsity, block, seed: 7 }));
        const prunable = new Set([...prunableNodes(graph)].map((node) => node.weights.kernel));
        const wrong = graph.nodes.flatMap((node) => {
          const kernel = graph.weights.get(node.weights.kernel);
          if (!kernel) return [];
          if (!prunable.has(kernel.name)) return kernel.data.includes(0) ? `${kernel.name} is not dense` : [];
          const { kept, blocks } = keptBlocks(kernel, block);
          const want = Math.round((1 - sparsity) * blocks);
          const fits = kept === want && `${kernel.block}` === `${block}`;
          return fits ? [] : `${kernel.name}: ${kept} of ${blocks} blocks, expected ${want}`;
        });
        t.same(wrong, [], `${sparsity} in ${block.join('x')}`);
      }
  });

t.test('no weight of a kept block is 0 after quantization: the file keeps exactly that many', async (t) => {
  const { bytes } = makeVariant('resnet-8', { dtype: 'int8', sparsity: 0.9, block: [2, 2] }, 1);
  const graph = readLop(bytes);
  for (const { weights } of prunableNodes(graph)) {
    const kernel = graph.weights.get(weights.kernel)!;
    const nonZero = kernel.data.filter((w) => w !== 0).length;
    t.equal(nonZero, 4 * keptBlocks(kernel, [2, 2]).kept, kernel.name);
  }
  t.match(graph.metadata, { architecture: 'resnet-8', sparsity: 0.9, block: '2x2', seed: 1 });
});

const names = (name: string): string[] =>
  [...prunableNodes(buildArchitecture(name))].map((node) => node.name);

t.test('prunable: all but depthwise and the first convolution', async (t) => {
  t.same(names('ds-cnn'), ['pw1', 'pw2', 'pw3', 'pw4', 'scores']);
  t.same(names('lenet-300-100'), ['fc1', 'fc2', 'fc3']);
  t.same(names('pointwise-8-4'), ['pointwise']);
  t.equal(names('resnet-50-224').length, 53);
});

const make = (seed: number): Uint8Array =>
  makeVariant('ds-cnn', { dtype: 'int8', sparsity: 0.9, block: [2, 2] }, seed).bytes;

t.test('a seed gives the same bytes, another seed others', async (t) => {
  t.same(make(1), make(1));
  t.notSame(make(1), make(2));
  t.same(randomInput(5, 3), randomInput(5, 3));
});

t.test('a mask has as many ones as asked for, wherever', async (t) => {
  const seen = new Uint32Array(20);
  let wrong = 0;
  for (let seed = 0; seed < 400; seed++) {
    const mask = chooseMask(20, 5, createRandom(seed));
    if (mask.reduce((a, b) => a + b, 0) !== 5) wrong++;
    mask.forEach((bit, i) => (seen[i] += bit));
  }
  t.equal(wrong, 0);
  // 100 expected each, deviation 8.7.
  t.ok(Math.min(...seen) > 60 && Math.max(...seen) < 140, `${seen.join(' ')}`);
});

const near = (got: number, want: number): boolean => Math.abs(got - want) < 1e-6;

t.test('moments of a rectified normal', async (t) => {
  const { mean, variance } = rectified({ mean: 0, variance: 1 });
  t.ok(near(mean, 1 / Math.sqrt(2 * Math.PI)) && near(mean ** 2 + variance, 0.5), `${mean} ${variance}`);
  const far = rectified({ mean: 9, variance: 1 });
  t.ok(near(far.mean, 9) && near(far.variance, 1));
});

for (const name of SMALL)
  t.test(`${name}: ranges fit, int8 is near f32, results depend on weights and input`, async (t) => {
    for (const sparsity of [0, 0.9]) {
      const graph = drawWeights(buildArchitecture(name), { sparsity, block: [2, 2], seed: 3 });
      const int8 = quantizeModel(graph);
      checkGraph(int8);
      checkLimits(int8);
      const [{ shape }] = graph.inputs.map((input) => graph.tensors.get(input)!);
      const length = shape.reduce((a, b) => a * b, 1);
      const input = randomInput(length, 5);
      const float = referenceTensors(graph, [input]);
      const scores = float.get(graph.outputs[0]) as Float32Array;
      const quantized = referenceTensors(int8, [input]).get(int8.outputs[0]) as Float32Array;
      t.ok(new Set(scores).size === scores.length, 'no two scores are alike');
      const distance = relativeDistance(scores, quantized);
      t.ok(distance < 0.5, `${sparsity}: int8 is ${distance} off`);
      const other = referenceTensors(int8, [randomInput(length, 6)]).get(int8.outputs[0]) as Float32Array;
      t.ok(relativeDistance(quantized, other) > 1e-3, 'another input gives another result');
      const outside = [...activationsOf(graph).ranges].map(([tensor, { min, max }]) => {
        const values = float.get(tensor) as Float32Array;
        return values.filter((v) => v < min - 1e-5 || v > max + 1e-5).length / values.length;
      });
      t.ok(Math.max(...outside) < 0.02, `at most ${Math.max(...outside)} of a tensor lies outside its range`);
    }
  });

const draw = (options: object) => () => drawWeights(buildArchitecture('ds-cnn'), options);

t.test('options out of range are refused', async (t) => {
  t.throws(draw({ sparsity: 1 }), { name: 'RangeError', message: /in \[0, 1\), got 1/ });
  t.throws(draw({ sparsity: NaN }), { message: /got NaN/ });
  t.throws(draw({ block: [0, 2] }), { message: /in 1..255, got 0x2/ });
  t.equal(Object.keys(ARCHITECTURES).length, 8);
});
