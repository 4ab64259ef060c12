import t from 'tap';
import {
  measureChanges,
  Pruner,
  sensitivityScan,
  type PruneOptions,
} from '../../../src/compress/prune/index.js';
import type { LayerCosts } from '../../../src/compress/cost.js';
import { layerMs, networkMs } from '../../../src/compress/cost.js';
import { cloneGraph, type Graph } from '../../../src/graph/index.js';
import { createParameters, evaluate, fit, initialize, selectBackend } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { GraphBuilder } from '../../helpers/graphs.js';

const data = blobs({ inputShape: [6, 6, 2], train: 160, test: 64, seed: 3 });
let graph: Graph;

t.before(async () => {
  await selectBackend({ prefer: 'wasm' });
  const { graph: fresh } = new GraphBuilder([6, 6, 2], 5)
    .add('conv2d', { pads: [1, 1, 1, 1] }, { kernel: [8, 3, 3, 2], bias: [8] }, { name: 'conv' })
    .add('batch_norm', {}, { gamma: [8], beta: [8], mean: [8], variance: [8] }, { name: 'norm' })
    .add('relu', {}, {}, { name: 'left' })
    .add('conv2d', { pads: [1, 1, 1, 1] }, { kernel: [8, 3, 3, 8] }, { name: 'branch' })
    .add('add', {}, {}, { name: 'sum', inputs: ['left', 'branch'] })
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [4, 8], bias: [4] }, { name: 'logits' })
    .add('softmax', {}, {}, { name: 'scores' });
  const options = { epochs: 8, batch: 16, learningRate: 0.01, statisticsMomentum: 0.8 };
  graph = (await fit(initialize(fresh, 2), data, options)).graph;
});

const targets = ['conv', 'branch', 'logits'].map((layer) => ({ layer, weight: `${layer}/kernel` }));
const scanOptions = { criterion: 'magnitude', block: [1, 1], samples: 96, seed: 1 } as const;

t.test('each point is the network with one layer pruned', async (t) => {
  const scan = await sensitivityScan(graph, targets, data, { ...scanOptions, sparsities: [0.5, 0.9] });
  t.same(
    scan.map(({ layer, size, points }) => [layer, size, points.map(({ sparsity }) => sparsity)]),
    [
      ['conv', 144, [0.5, 0.9]],
      ['branch', 576, [0.5, 0.9]],
      ['logits', 32, [0.5, 0.9]],
    ],
  );
  for (const [i, { weight, points }] of scan.entries()) {
    const pruner = await Pruner.prepare(
      graph,
      { ...prune, scope: 'layer', dense: others(i) },
      { data, seed: 1 },
    );
    const pruned = cloneGraph(graph);
    const [mask] = await pruner.masks(graph);
    mask.forEach((mark, at) => (pruned.weights.get(weight)!.data[at] *= mark));
    // All 160 training samples, so that the order in which they are drawn does not matter.
    const [all] = await sensitivityScan(graph, [targets[i]], data, {
      ...scanOptions,
      samples: 160,
      sparsities: [0.9],
    });
    const { accuracy } = await evaluate(pruned, data, { split: 'train' });
    t.equal(all.points[0].accuracy, accuracy);
    t.ok(points[1].divergence >= 0 && points[1].agreement <= 1);
  }
});

const prune: PruneOptions = {
  criterion: 'magnitude',
  block: [1, 1],
  scope: 'sensitivity',
  sparsity: 0.9,
  dense: [],
};
const others = (i: number): string[] => targets.filter((_, k) => k !== i).map(({ layer }) => layer);

t.test('changes of several parameters are the network that has them', async (t) => {
  const changed = cloneGraph(graph);
  for (const name of ['conv/kernel', 'norm/beta'])
    changed.weights.get(name)!.data = Float32Array.from(graph.weights.get(name)!.data, (value) => value / 2);
  const parameters = createParameters(changed);
  const change = ['conv/kernel', 'norm/beta'].map((name) => parameters.get(name)!);
  const [none, both] = await measureChanges(graph, [[], change], data, { samples: 160, seed: 1 });
  const [before, after] = [graph, changed].map((each) => evaluate(each, data, { split: 'train' }));
  t.match(none, { agreement: 1, accuracy: (await before).accuracy });
  t.equal(both.accuracy, (await after).accuracy);
  t.ok(both.divergence > 0.01, `${both.divergence}`);
});

t.test('nothing pruned, nothing diverges; no labels, no accuracy', async (t) => {
  const unlabelled = { ...data, train: { ...data.train, y: undefined } };
  const scan = await sensitivityScan(graph, targets, unlabelled, { ...scanOptions, sparsities: [1e-9] });
  for (const { points } of scan) {
    t.match(points[0], { agreement: 1, accuracy: NaN });
    t.ok(Math.abs(points[0].divergence) < 1e-6);
  }
});

t.test('scope sensitivity: as sparse in all as asked, less damage than the same everywhere', async (t) => {
  const accuracyWith = async (scope: 'sensitivity' | 'layer'): Promise<number> => {
    const pruner = await Pruner.prepare(graph, { ...prune, scope, sparsity: 0.7 }, { data, seed: 1 });
    const masks = await pruner.masks(graph);
    const sizes = pruner.targets.map(({ weight }) => graph.weights.get(weight)!.data.length);
    const gone = masks.reduce((sum, mask) => sum + mask.filter((mark) => mark === 0).length, 0);
    t.ok(Math.abs(gone - 0.7 * 752) <= 2, `${scope}: ${gone} of 752 gone, ${sizes}`);
    const pruned = cloneGraph(graph);
    pruner.targets.forEach(({ weight }, i) =>
      masks[i].forEach((mark, at) => (pruned.weights.get(weight)!.data[at] *= mark)),
    );
    return (await evaluate(pruned, data, { split: 'train' })).accuracy;
  };
  t.ok((await accuracyWith('sensitivity')) >= (await accuracyWith('layer')));
});

/** ms falls with density, and not to nothing. */
const layerCost = (layer: string, ms: number): LayerCosts['layers'][number] => {
  const points = [0.05, 0.25, 0.5, 1].map((density) => ({
    density,
    ms: ms * (0.1 + 0.9 * density ** 0.9),
  }));
  return { layer, block: [1, 1], points };
};

t.test('scope latency: as fast as asked', async (t) => {
  const costs = { rest: 1, layers: [layerCost('conv', 2), layerCost('branch', 6), layerCost('logits', 0.1)] };
  const asked: unknown[] = [];
  const layerCosts = async (blocks: readonly unknown[]): Promise<LayerCosts> => {
    asked.push(...blocks);
    return costs;
  };
  const options = { ...prune, scope: 'latency', sparsity: undefined } as const;
  const pruner = await Pruner.prepare(
    graph,
    { ...options, latency: { ratio: 2 } },
    { data, seed: 1, layerCosts },
  );
  const formOf = (layer: string) => {
    const sparsity = pruner.targets.find((target) => target.layer === layer)?.sparsity ?? 0;
    return { layer, block: [1, 1] as const, density: 1 - sparsity };
  };
  const ms = networkMs(
    costs,
    targets.map(({ layer }) => formOf(layer)),
  );
  t.ok(Math.abs(ms - 9.1 / 2) < 1e-6, `${ms} ms of 9.1`);
  t.ok(layerMs(costs, formOf('branch')) < 6);
  t.same(asked, [[1, 1]], 'each block once');
  const again = await Pruner.prepare(
    graph,
    { ...options, latency: { ratio: 2 } },
    { data, seed: 1 },
    pruner.targets,
  );
  t.same(again.targets, pruner.targets, 'nothing is timed twice');
  await t.rejects(
    Pruner.prepare(graph, { ...options, latency: { ms: 1.5 } }, { data, seed: 1, layerCosts }),
    /prune.latency: expected at least 2.302 ms \(dense 9.100\), got 1.500/,
  );
  await t.rejects(
    Pruner.prepare(graph, { ...options, latency: { ms: 5 } }, { data, seed: 1 }),
    /expected a way to measure layers/,
  );
});
