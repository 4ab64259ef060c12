import t from 'tap';
import { correctBiases, pruneOneShot, type OneShotOptions } from '../../../src/compress/one-shot/index.js';
import { inverseOf } from '../../../src/compress/one-shot/linear-algebra.js';
import { filledIn } from '../../../src/compress/one-shot/share.js';
import { outputSensitivity } from '../../../src/compress/one-shot/sensitivity.js';
import { pruneTargets, type PruneTarget } from '../../../src/compress/prune/index.js';
import { copyGraph, type Graph } from '../../../src/graph/index.js';
import { runReference } from '../../../src/reference/run.js';
import { selectBackend, valuesOf } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { randomHessian } from '../../helpers/matrices.js';
import { random, SEED } from '../../helpers/random.js';

const data = blobs({ inputShape: [6, 6, 2], train: 96, test: 32, seed: SEED });

const network = (): Graph =>
  new GraphBuilder([6, 6, 2], 5)
    .add('conv2d', { pads: [1, 1, 1, 1], activation: 'relu' }, { kernel: [8, 3, 3, 2], bias: [8] })
    .add('conv2d', { groups: 2 }, { kernel: [8, 3, 3, 4] })
    .add('batch_norm', {}, { mean: [8], variance: [8] })
    .add('depthwise_conv2d', { activation: 'relu6' }, { kernel: [8, 3, 3, 1], bias: [8] })
    .add('conv2d', { activation: 'relu' }, { kernel: [12, 1, 1, 8], bias: [12] })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [4, 12], bias: [4] })
    .add('softmax').graph;

const options: OneShotOptions = {
  method: 'auto',
  samples: 96,
  pixels: 36,
  damping: 0.01,
  inputs: 'pruned',
  scope: 'layer',
  share: 'energy',
  block: [1, 1],
  seed: 1,
};

const targetsOf = (graph: Graph, sparsity: number): PruneTarget[] =>
  pruneTargets(graph, { criterion: 'magnitude', scope: 'layer', block: [1, 1], dense: [], sparsity });

/** Outputs of the test samples before the softmax. */
function logits(graph: Graph): number[] {
  const outputs = [graph.nodes.at(-1)!.inputs[0]];
  return Array.from({ length: data.test.count }, (_, i) => {
    const x = Float32Array.from(valuesOf(data.test).subarray(72 * i, 72 * (i + 1)), (v) => v / 255);
    return [...runReference({ ...graph, outputs }, [x])[0]];
  }).flat();
}

function difference(a: Graph, b: Graph): number {
  const [x, y] = [logits(a), logits(b)];
  return x.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0);
}

/** Weights set to zero, the others as they are. */
function zeroed(graph: Graph, like: Graph): Graph {
  const copy = copyGraph(graph);
  for (const { weight } of targetsOf(graph, 0.5)) {
    const { data: mask } = like.weights.get(weight)!;
    const each = copy.weights.get(weight)!;
    each.data = Float32Array.from(each.data, (value, i) => (mask[i] === 0 ? 0 : value));
  }
  return copy;
}

const kept = (graph: Graph, weight: string): number =>
  Array.from(graph.weights.get(weight)!.data).filter((value) => value !== 0).length;

t.before(() => selectBackend({ prefer: 'wasm' }));

t.test('each method keeps exactly what it should, and the updates bring the outputs nearer', async (t) => {
  const graph = network();
  const before = structuredClone(graph);
  const targets = targetsOf(graph, 0.5);
  for (const method of ['obs', 'sparsegpt'] as const) {
    const pruned = await pruneOneShot(graph, targets, data, { ...options, method });
    t.same(graph, before, 'the graph stays as it is');
    for (const { weight } of targets) {
      const size = graph.weights.get(weight)!.data.length;
      t.equal(kept(pruned, weight), size / 2, `${method} ${weight}`);
    }
    const [updated, plain] = [difference(graph, pruned), difference(graph, zeroed(graph, pruned))];
    t.ok(updated < 0.5 * plain, `${method}: ${updated} of ${plain}, seed ${SEED}`);
    t.same(await pruneOneShot(graph, targets, data, { ...options, method }), pruned, 'the same again');
  }
});

t.test('without a sparsity the network stays as it is', async (t) => {
  const graph = network();
  const targets = targetsOf(graph, 0.5).map((target) => ({ ...target, sparsity: 0 }));
  const same = await pruneOneShot(graph, targets, data, options);
  const scale = logits(graph).reduce((sum, value) => sum + value * value, 0);
  t.ok(difference(graph, same) < 1e-6 * scale);
});

t.test('a depthwise layer, blocks, patterns and given masks', async (t) => {
  const graph = network();
  const [depthwise, pointwise] = [3, 4].map((at) => graph.nodes[at]);
  const target = ({ name, op, weights }: typeof depthwise, sparsity: number): PruneTarget => {
    return { layer: name, op, weight: weights.kernel, sparsity };
  };
  const each = await pruneOneShot(graph, [target(depthwise, 0.25)], data, options);
  t.equal(kept(each, depthwise.weights.kernel), 54);

  const block: [number, number] = [2, 2];
  const blocks = await pruneOneShot(graph, [target(pointwise, 0.5)], data, { ...options, block });
  const { data: w, block: stored } = blocks.weights.get(pointwise.weights.kernel)!;
  t.same(stored, block);
  for (let o = 0; o < 12; o += 2)
    for (let i = 0; i < 8; i += 2) {
      const zeros = [w[o * 8 + i], w[o * 8 + i + 1], w[o * 8 + 8 + i], w[o * 8 + 9 + i]].filter(
        (v) => v === 0,
      );
      if (zeros.length % 4 !== 0) t.fail(`block ${o},${i}: ${zeros.length} zeros`);
    }
  t.equal(kept(blocks, pointwise.weights.kernel), 48);

  for (const method of ['obs', 'sparsegpt'] as const) {
    const two4 = await pruneOneShot(graph, [target(pointwise, 0.5)], data, {
      ...options,
      method,
      pattern: [2, 4],
    });
    const { data: values } = two4.weights.get(pointwise.weights.kernel)!;
    for (let at = 0; at < values.length; at += 4)
      t.equal(values.subarray(at, at + 4).filter((v: number) => v !== 0).length, 2);
  }

  const mask = Uint8Array.from({ length: 96 }, (_, i) => i % 2);
  const solved = await pruneOneShot(graph, [target(pointwise, 0.5)], data, {
    ...options,
    method: 'solve',
    masks: [mask],
  });
  const { data: left } = solved.weights.get(pointwise.weights.kernel)!;
  t.same(
    Array.from(left, (v) => Number(v !== 0)),
    [...mask],
  );
});

t.test('one sparsity is shared among the layers', async (t) => {
  const graph = network();
  const targets = targetsOf(graph, 0.6);
  for (const [method, share] of [
    ['obs', 'energy'],
    ['obs', 'sensitivity'],
    ['sparsegpt', 'energy'],
  ] as const) {
    const pruned = await pruneOneShot(graph, targets, data, { ...options, method, share, scope: 'global' });
    const sizes = targets.map(({ weight }) => graph.weights.get(weight)!.data.length);
    const keeps = targets.map(({ weight }) => kept(pruned, weight));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const all = keeps.reduce((sum, keep) => sum + keep, 0);
    t.ok(Math.abs(all - 0.4 * total) <= targets.length, `${method}: ${all} of ${total}`);
    t.ok(new Set(keeps.map((keep, i) => (keep / sizes[i]).toFixed(2))).size > 1);
  }
});

t.test('a scan of each layer finds which bears more', async (t) => {
  const { graph } = new GraphBuilder([6, 6, 2], 7)
    .add('conv2d', { pads: [1, 1, 1, 1], activation: 'relu' }, { kernel: [8, 3, 3, 2], bias: [8] })
    .add('conv2d', { pads: [1, 1, 1, 1] }, { kernel: [8, 3, 3, 8], bias: [8] })
    .add('add', {}, {}, { inputs: ['conv2d0', 'conv2d1'] })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [4, 8], bias: [4] })
    .add('softmax');
  const [first, branch, classes] = targetsOf(graph, 0.5);
  const faint = graph.weights.get(branch.weight)!;
  faint.data = Float32Array.from(faint.data, (value) => value / 100);
  const sizeOf = (weight: string): number => graph.weights.get(weight)!.data.length;
  const seen: [number, number][] = [];
  const onProgress = (done: number, total: number): void => void seen.push([done, total]);
  const prune = (scope: 'sensitivity' | 'layer') =>
    pruneOneShot(graph, [first, branch, classes], data, { ...options, scope, onProgress });
  const pruned = await prune('sensitivity');
  const layers = [first, branch, classes].filter(({ weight }) => kept(pruned, weight) < sizeOf(weight));
  t.same(
    seen.slice(0, 3),
    [1, 2, 3].map((done) => [done, 6]),
  );
  t.same(seen.at(-1), [3 + layers.length, 3 + layers.length]);
  const part = ({ weight }: PruneTarget): number => kept(pruned, weight) / sizeOf(weight);
  t.ok(
    part(branch) < 0.5 && part(first) > part(branch) && part(classes) > part(branch),
    `${part(first)}, ${part(branch)}, ${part(classes)}`,
  );
  const all = [first, branch, classes].reduce((sum, { weight }) => sum + kept(pruned, weight), 0);
  t.ok(Math.abs(all - 752 / 2) <= 3, `${all} of 752`);
  t.ok(difference(graph, pruned) < difference(graph, await prune('layer')), `seed ${SEED}`);
  t.same(await prune('sensitivity'), pruned, 'the same again');
});

t.test('between tries a curve rises by the square, then by one factor', (t) => {
  const point = (sparsity: number, divergence: number) => ({
    sparsity,
    divergence,
    agreement: 1,
    accuracy: NaN,
  });
  const curve = filledIn([point(0.2, 0.01), point(0.4, 0.04), point(0.5, 0)]);
  const at = (sparsity: number) =>
    curve.find((each) => Math.abs(each.sparsity - sparsity) < 1e-9)?.divergence ?? NaN;
  const near = (value: number, wanted: number) =>
    t.ok(Math.abs(value - wanted) < 1e-9, `${value}, ${wanted}`);
  near(at(0.1), 0.0025);
  near(at(0.2), 0.01);
  near(at(0.3), 0.02);
  near(at(0.4), 0.04);
  near(at(0.5), 0);
  t.equal(curve.length, 25);
  t.end();
});

t.test('a block across groups is refused, and a signal stops it', async (t) => {
  const graph = network();
  const targets = targetsOf(graph, 0.5);
  const tall: OneShotOptions = { ...options, block: [3, 1] };
  await t.rejects(pruneOneShot(graph, targets, data, tall), /divides the 4 of a group, got 3/);
  const signal = AbortSignal.abort(new Error('stop'));
  await t.rejects(pruneOneShot(graph, targets, data, { ...options, signal }), /stop/);
});

t.test('sensitivity of the logits is p (1 - p)', async (t) => {
  const { graph } = new GraphBuilder([3], 2).add('dense', {}, { kernel: [4, 3] }).add('softmax');
  const x = Float32Array.of(0.5, -1, 2);
  const [p] = runReference(graph, [x]);
  const many = Float32Array.from({ length: 3 * 4000 }, (_, i) => x[i % 3]);
  const sums = await outputSensitivity(graph, [many], { seed: SEED });
  [...sums.get(graph.nodes[0].name)!].forEach((value, o) => {
    const want = p[o] * (1 - p[o]);
    if (Math.abs(value - want) > 0.04) t.fail(`${o}: ${value}, not ${want}, seed ${SEED}`);
  });
  t.equal(sums.size, 1);
});

t.test('biases give back the means of each layer', async (t) => {
  const graph = network();
  const pruned = await pruneOneShot(graph, targetsOf(graph, 0.5), data, options);
  const plain = zeroed(graph, pruned);
  const corrected = await correctBiases(plain, graph, data, { samples: 96, seed: 1 });
  const before = difference(graph, plain);
  const after = difference(graph, corrected);
  t.ok(after < before, `${after} of ${before}, seed ${SEED}`);
});

t.test('inverse by Cholesky', async (t) => {
  const n = 9;
  const hessian = randomHessian(n, random());
  const inverse = inverseOf(hessian, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += hessian[i * n + k] * inverse[k * n + j];
      if (Math.abs(sum - Number(i === j)) > 1e-9) t.fail(`[${i},${j}]: ${sum}`);
    }
  t.throws(() => inverseOf(Float64Array.of(1, 2, 2, 1), 2), /positive definite, got pivot -3 at 1/);
});
