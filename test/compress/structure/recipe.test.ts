import t from 'tap';
import { compress, parseRecipe } from '../../../src/compress/index.js';
import { readLop } from '../../../src/format/index.js';
import type { Graph } from '../../../src/graph/index.js';
import { runReference } from '../../../src/reference/index.js';
import { load } from '../../../src/runtime/node.js';
import { fit, initialize, selectBackend } from '../../../src/train/index.js';
import { blobs } from '../../helpers/blobs.js';
import { GraphBuilder } from '../../helpers/graphs.js';
import { random, SEED } from '../../helpers/random.js';

const data = blobs({ inputShape: [6, 6, 2], train: 160, test: 96, seed: SEED });
let dense: Graph;

function norm(channels: number): Record<string, number[]> {
  return { gamma: [channels], beta: [channels], mean: [channels], variance: [channels] };
}

/** A residual block with batch norms, a depthwise convolution, a flattened head. */
const network = (): Graph => {
  const same = { pads: [1, 1, 1, 1] };
  return new GraphBuilder([6, 6, 2], 5)
    .add('conv2d', same, { kernel: [8, 3, 3, 2] }, { name: 'stem' })
    .add('batch_norm', {}, norm(8))
    .add('relu', {}, {}, { name: 'x' })
    .add('conv2d', same, { kernel: [8, 3, 3, 8] }, { name: 'a' })
    .add('batch_norm', {}, norm(8))
    .add('relu')
    .add('conv2d', same, { kernel: [8, 3, 3, 8] }, { name: 'b' })
    .add('batch_norm', {}, norm(8))
    .add('add', { activation: 'relu' }, {}, { name: 'sum', inputs: ['batch_norm7', 'x'] })
    .add(
      'depthwise_conv2d',
      { strides: [2, 2], ...same },
      { kernel: [8, 3, 3, 1], bias: [8] },
      { name: 'dw' },
    )
    .add('conv2d', { activation: 'relu' }, { kernel: [12, 1, 1, 8], bias: [12] }, { name: 'pw' })
    .add('reshape', {}, {}, { shape: [108] })
    .add('dense', {}, { kernel: [4, 108], bias: [4] }, { name: 'logits' })
    .add('softmax', {}, {}, { name: 'scores' }).graph;
};

t.comment(`SEED=${SEED}`);
t.before(async () => {
  await selectBackend({ prefer: 'wasm' });
  const options = { epochs: 6, batch: 16, learningRate: 0.01, statisticsMomentum: 0.8 };
  dense = (await fit(initialize(network(), 2), data, options)).graph;
});

const channels = { sparsity: 0.375, criterion: 'taylor', reduce: 'sum', normalize: 'none', samples: 64 };

const RECIPES = {
  'odd numbers of channels, int8': { structure: { channels }, quantize: { activations: { samples: 64 } } },
  'odd numbers of channels, f32': { structure: { channels }, storage: { entropy: false } },
  'then pruned, trained and int8': {
    structure: { channels: { ...channels, rounds: 2, reconstruct: { samples: 64 } } },
    prune: { sparsity: 0.5, block: [1, 2] },
    recover: { epochs: 6, batch: 16, optimizer: { type: 'adam', learningRate: 0.003 } },
    quantize: { activations: { samples: 64 } },
  },
  'a block less, multiples of 4': {
    structure: {
      layers: { count: 1 },
      channels: { macs: 0.6, multiple: 4, samples: 64, criterion: 'surgeon' },
    },
    recover: { epochs: 2, batch: 16, optimizer: { type: 'adam', learningRate: 0.003 } },
    quantize: { activations: { samples: 64 } },
  },
};

for (const [name, recipe] of Object.entries(RECIPES))
  t.test(`${name}: a file that every engine runs alike`, async (t) => {
    const { bytes, report } = await compress(dense, recipe, { data });
    const graph = readLop(bytes);
    t.ok(report.baseline.accuracy! > 0.9, `dense ${report.baseline.accuracy}`);
    const least = 'recover' in recipe ? 0.8 : 0.5;
    t.ok(report.final.accuracy! > least, `${report.final.accuracy} of more than ${least}`);
    const pw = report.final.layers.find((layer) => layer.name === 'pw')!;
    t.ok(pw.params < 12 * 8 + 12, `pw has ${pw.params} weights left`);
    const model = await load(bytes);
    const { normal } = random();
    for (let sample = 0; sample < 4; sample++) {
      const input = Float32Array.from({ length: 72 }, () => normal());
      const [want] = runReference(graph, [input]);
      const [got] = model.run(input);
      const off = Math.max(...Array.from(want, (value, i) => Math.abs(value - (got[i] as number))));
      t.ok(off < 1e-5, `${off}`);
    }
    model.dispose();
  });

t.test('what a recipe may not say', async (t) => {
  const faults: [structure: object, message: RegExp][] = [
    [{}, /recipe.structure: expected channels or layers, got neither/],
    [{ layers: {} }, /recipe.structure.layers: expected a count, or names to remove, got neither/],
    [{ channels: {} }, /recipe.structure.channels: expected one of sparsity, macs and params, got none/],
    [
      { channels: { macs: 0.5, params: 0.5 } },
      /expected one of sparsity, macs and params, got macs and params/,
    ],
    [{ channels: { macs: 1.5 } }, /recipe.structure.channels.macs: expected a number in \(0, 1\), got 1.5/],
    [{ channels: { scope: 'global', sparsity: { a: 0.5 } } }, /expected one number with scope "global"/],
    [
      { channels: { macs: 0.5, per: 'mac' } },
      /recipe.structure.channels.per: expected "unit" with scope "layer"/,
    ],
    [{ channels: { macs: 0.5, criterion: 'movement' } }, /expected one that needs no training/],
    [{ channels: { macs: 0.5, criterion: 'lamp' } }, /got "lamp", which ranks elements/],
  ];
  for (const [structure, message] of faults) t.throws(() => parseRecipe({ structure }), message);
});
