import t from 'tap';
import { collectEvidence } from '../../../../src/compress/prune/index.js';
import type { Graph } from '../../../../src/graph/index.js';
import { selectBackend, type Dataset } from '../../../../src/train/index.js';
import { blobs } from '../../../helpers/blobs.js';
import { GraphBuilder, lenet5 } from '../../../helpers/graphs.js';

t.before(() => selectBackend({ prefer: 'wasm' }));

/** softmax(W x) of two inputs, two classes. */
function classifier(...kernel: number[]): Graph {
  const { graph } = new GraphBuilder([2])
    .add('dense', {}, { kernel: [2, 2] }, { name: 'fc' })
    .add('softmax', {}, {}, { name: 'scores' });
  graph.weights.get('fc/kernel')!.data = Float32Array.from(kernel);
  return graph;
}

function samples(x: number[], y: number[]): Dataset {
  const split = { x: Float32Array.from(x), y: Uint8Array.from(y), count: y.length };
  return {
    name: 'hand',
    inputShape: [2],
    classes: 2,
    labels: [],
    train: split,
    test: split,
    preprocessing: { scale: 1, offset: 0 },
  };
}

const options = { samples: 512, seed: 1 };

t.test('means of (softmax - onehot) x, sample by sample', async (t) => {
  // Equal logits: softmax is 1/2 each, so dL/dW = (1/2 - onehot) x.
  const graph = classifier(0, 0, 0, 0);
  const data = samples([1, 2, 3, 4], [0, 1]);
  const found = await collectEvidence(graph, ['fc/kernel'], ['gradients'], data, options);
  const { gradient, absoluteGradient, squaredGradient } = found.get('fc/kernel')!;
  // Sample 1 (class 0): [-.5, -1, .5, 1]; sample 2 (class 1): [1.5, 2, -1.5, -2].
  t.same([...gradient!], [0.5, 0.5, -0.5, -0.5]);
  t.same([...absoluteGradient!], [1, 1.5, 1, 1.5]);
  t.same([...squaredGradient!], [1.25, 2.5, 1.25, 2.5]);
});

t.test('the Hessian diagonal is that of cross-entropy, without labels', async (t) => {
  const graph = classifier(0.3, -0.2, -0.25, 0.4);
  const x = [1, 0.2, -1, 0.1, 0.9, -0.3, -0.8, 0.2];
  const data = samples(
    Array.from({ length: 100 }, () => x).flat(),
    Array.from({ length: 400 }, () => 0),
  );
  delete data.train.y;
  const found = await collectEvidence(graph, ['fc/kernel'], ['hessianDiagonal'], data, options);
  const h = found.get('fc/kernel')!.hessianDiagonal!;
  // d2L/dw_oi^2 = p (1 - p) x_i^2, in the mean over samples.
  const w = [0.3, -0.2, -0.25, 0.4];
  const exact = [0, 1].map((i) => {
    const each = [0, 2, 4, 6].map((s) => {
      const z = (w[0] - w[2]) * x[s] + (w[1] - w[3]) * x[s + 1];
      const p = 1 / (1 + Math.exp(-z));
      return p * (1 - p) * x[s + i] ** 2;
    });
    return each.reduce((a, b) => a + b) / 4;
  });
  [exact[0], exact[1], exact[0], exact[1]].forEach((value, i) => {
    t.ok(Math.abs(h[i] / value - 1) < 0.15, `h[${i}] ${h[i]}, exactly ${value}`);
  });
});

t.test('the same seed, the same numbers; progress and signal', async (t) => {
  const graph = lenet5([2, 3, 5]);
  const data = blobs({ inputShape: [28, 28, 1], classes: 10, train: 12 });
  const weights = ['conv1/kernel', 'conv2/kernel', 'fc1/kernel'];
  const seen: number[] = [];
  const collect = (more = {}) =>
    collectEvidence(graph, weights, ['gradients', 'hessianDiagonal'], data, {
      samples: 6,
      seed: 7,
      ...more,
    });
  const once = await collect({ onProgress: (done: number, total: number) => seen.push(done / total) });
  t.same(await collect(), once);
  t.same(
    seen,
    [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6].map((n) => n / 6),
  );
  t.same(
    [...once.values()].map(({ gradient }) => gradient!.length),
    [50, 150, 240],
  );
  await t.rejects(collect({ signal: AbortSignal.abort(new Error('enough')) }), /enough/);
});

t.test('gradients want labels', async (t) => {
  const data = samples([1, 2], [0]);
  delete data.train.y;
  await t.rejects(
    collectEvidence(classifier(1, 1, 1, 1), ['fc/kernel'], ['gradients'], data, options),
    /expected labelled samples/,
  );
});
