import t from 'tap';
import {
  criteria,
  forEachElement,
  Pruner,
  unitGrid,
  type Criterion,
  type CriterionName,
  type PruneOptions,
} from '../../../src/compress/prune/index.js';
import { cloneGraph, type Graph } from '../../../src/graph/index.js';
import { selectBackend } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { GraphBuilder } from '../../helpers/graphs.js';

const data = blobs({ inputShape: [6, 6, 2], train: 24 });
const context = { data, seed: 1 };
const options: PruneOptions = {
  criterion: 'magnitude',
  samples: 4,
  block: [1, 1],
  scope: 'layer',
  sparsity: 0.75,
  dense: ['logits'],
};

t.before(() => selectBackend({ prefer: 'wasm' }));

const network = (): Graph =>
  new GraphBuilder([6, 6, 2], 5)
    .add('conv2d', { pads: [1, 1, 1, 1] }, { kernel: [8, 3, 3, 2] }, { name: 'conv1' })
    .add('batch_norm', {}, { gamma: [8], beta: [8], mean: [8], variance: [8] })
    .add('relu')
    .add('conv2d', { strides: [2, 2] }, { kernel: [12, 2, 2, 8] }, { name: 'conv2' })
    .add('batch_norm', {}, { gamma: [12], beta: [12], mean: [12], variance: [12] })
    .add('relu')
    .add('global_avg_pool2d')
    .add('dense', {}, { kernel: [4, 12], bias: [4] }, { name: 'logits' })
    .add('softmax', {}, {}, { name: 'scores' }).graph;

const kept = (mask: Uint8Array): number => mask.reduce((sum, mark) => sum + mark, 0);

function applied(graph: Graph, pruner: Pruner, masks: Uint8Array[]): Graph {
  const pruned = cloneGraph(graph);
  pruner.targets.forEach(({ weight }, i) =>
    masks[i].forEach((mark, at) => (pruned.weights.get(weight)!.data[at] *= mark)),
  );
  return pruned;
}

for (const criterion of Object.keys(criteria) as CriterionName[])
  t.test(`${criterion}: exact, whole units, the same again, and no way back`, async (t) => {
    const graph = network();
    const movement = new Map(
      ['conv1', 'conv2'].map((layer) => {
        const name = `${layer}/kernel`;
        return [name, (graph.weights.get(name)!.data as Float32Array).map((w) => w * w - 0.1)] as const;
      }),
    );
    const { ofOutputs, rounds }: Criterion = criteria[criterion];
    const own: PruneOptions = {
      ...options,
      criterion,
      ...(ofOutputs ? { unit: 'neuron' } : { block: [2, 2] }),
    };
    const pruner = await Pruner.prepare(graph, own, context);
    const half = await pruner.masks(graph, 0.5, movement);
    const pruned = applied(graph, pruner, half);
    const whole = await pruner.masks(pruned, 1, movement);
    for (const [i, [shape, units]] of [
      [[8, 3, 3, 2], ofOutputs ? 8 : 36],
      [[12, 2, 2, 8], ofOutputs ? 12 : 96],
    ].entries()) {
      const grid = unitGrid(shape as number[], own);
      t.equal(grid.count, units, criterion);
      const size = half[i].length / grid.count;
      t.equal(kept(half[i]), size * Math.round(grid.count * 0.625), criterion);
      t.equal(kept(whole[i]), size * Math.round(grid.count * 0.25), criterion);
      t.notOk(
        whole[i].some((mark, at) => mark === 1 && half[i][at] === 0),
        'what is gone stays so',
      );
    }
    if (!rounds) t.same(await pruner.masks(pruned, 1, movement), whole, `${criterion} again`);
  });

t.test('scopes: as many in all as asked', async (t) => {
  const graph = network();
  const total = 8 * 18 + 12 * 32;
  for (const scope of ['layer', 'output', 'global', 'erk', 'lamp'] as const) {
    const pruner = await Pruner.prepare(graph, { ...options, scope }, context);
    const masks = await pruner.masks(graph);
    const dense = scope === 'erk' ? total - masks.reduce((sum, { length }) => sum + length, 0) : 0;
    const all = dense + masks.reduce((sum, mask) => sum + kept(mask), 0);
    t.ok(Math.abs(all - total / 4) <= 1, `${scope}: ${all} of ${total}`);
  }
});

t.test('lamp: the criterion under scope global and the scope under magnitude are the same', async (t) => {
  const graph = network();
  const masks = async (changes: Partial<PruneOptions>): Promise<Uint8Array[]> =>
    (await Pruner.prepare(graph, { ...options, ...changes }, context)).masks(graph);
  t.same(await masks({ scope: 'lamp' }), await masks({ criterion: 'lamp', scope: 'global' }));
});

t.test('layers may stand at different progress', async (t) => {
  const graph = network();
  const pruner = await Pruner.prepare(graph, options, context);
  const masks = await pruner.masks(graph, [0, 1]);
  t.same(masks.map(kept), [144, 96]);
});

t.test('types of layers', async (t) => {
  const graph = network();
  const layers = async (changes: Partial<PruneOptions>): Promise<[string, number][]> =>
    (await Pruner.prepare(graph, { ...options, dense: [], ...changes }, context)).targets.map(
      ({ layer, sparsity }) => [layer, sparsity],
    );
  t.same(await layers({ dense: ['conv2d'] }), [['logits', 0.75]]);
  t.same(await layers({ sparsity: { conv1: 0.25, 'type:conv2d': 0.5, dense: 0.1 } }), [
    ['conv1', 0.25],
    ['conv2', 0.5],
    ['logits', 0.1],
  ]);
  await t.rejects(layers({ dense: ['type:lstm'] }), /or a type of conv2d, dense, got "type:lstm"/);
});

t.test('movement is of trainings', async (t) => {
  const pruner = await Pruner.prepare(network(), { ...options, criterion: 'movement' }, context);
  await t.rejects(
    pruner.masks(network()),
    /criterion "movement": expected gradients of a training, got none/,
  );
});

t.test('layers may have blocks of their own', async (t) => {
  const blocks: [string, [number, number]][] = [
    ['conv1', [2, 2]],
    ['conv*', [4, 1]],
  ];
  const graph = network();
  const pruner = await Pruner.prepare(graph, { ...options, blocks: Object.fromEntries(blocks) }, context);
  const masks = await pruner.masks(graph);
  pruner.targets.forEach(({ weight, block }, i) => {
    t.same(block, blocks[i][1]);
    const grid = unitGrid(graph.weights.get(weight)!.shape, { block: block! });
    const marks = new Map<number, Set<number>>();
    forEachElement(grid, (element, unit) =>
      marks.set(unit, (marks.get(unit) ?? new Set()).add(masks[i][element])),
    );
    t.ok(
      [...marks.values()].every(({ size }) => size === 1),
      'whole blocks',
    );
    t.equal(kept(masks[i]), 0.25 * masks[i].length);
  });
  const wrong = { ...options, blocks: { fc: [1, 2] as [number, number] } };
  await t.rejects(Pruner.prepare(graph, wrong, context), {
    message: /^prune.blocks: expected patterns of conv1/,
  });
});
