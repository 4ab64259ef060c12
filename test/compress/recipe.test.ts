import t from 'tap';
import { parseRecipe, recipeHash, RecipeError } from '../../src/compress/recipe.js';

t.test('defaults', (t) => {
  const recipe = parseRecipe({ prune: { sparsity: 0.9 }, recover: { epochs: 2 }, quantize: {} });
  t.same(recipe, {
    seed: 1,
    prune: {
      criterion: 'magnitude',
      block: [1, 1],
      scope: 'layer',
      sparsity: 0.9,
      dense: [],
      removeDead: false,
      schedule: { type: 'polynomial', begin: 0, frequency: 25, initial: 0, power: 3 },
    },
    recover: {
      epochs: 2,
      initialize: false,
      batch: 64,
      optimizer: { type: 'adam' },
      learningRateSchedule: { type: 'constant' },
      weightDecay: 0,
      labelSmoothing: 0,
      batchNorm: 'update',
    },
    quantize: {
      weights: { bits: 8, per: 'channel' },
      activations: { calibration: 'minmax', percentile: 99.99, samples: 512, bits: 8 },
      float: [],
    },
    storage: { entropy: true, metadata: 'full', names: 'layers' },
  });
  t.same(parseRecipe(recipe), recipe, 'a parsed recipe is a recipe');
  t.same(parseRecipe({}), { seed: 1, storage: { entropy: true, metadata: 'full', names: 'layers' } });
  t.same(parseRecipe({ prune: null, quantize: null }).prune, null);
  t.end();
});

t.test('a recipe that uses every key', (t) => {
  const whole = {
    name: 'all',
    seed: 7,
    preprocessing: { scale: [0.1, 0.2, 0.3], offset: -1 },
    prune: {
      criterion: 'lamp',
      block: [2, 2],
      scope: 'layer',
      sparsity: { conv1: 0.5, 'fc*': 0.96 },
      dense: ['logits'],
      removeDead: true,
      schedule: {
        type: 'polynomial',
        begin: 0.5,
        end: 3,
        frequency: 10,
        initial: 0.1,
        power: 2,
        layers: { 'fc*': { type: 'constant', begin: 1 } },
        regrow: { by: 'random', fraction: 0.2, frequency: 50, end: 3 },
      },
    },
    recover: {
      epochs: 4,
      initialize: true,
      batch: 32,
      optimizer: { type: 'sgd', learningRate: 0.1, momentum: 0.9 },
      learningRateSchedule: { type: 'cosine', warmup: 1, minimum: 0.01, restart: 2 },
      weightDecay: 1e-4,
      regularize: { l1: 1e-5, l2: 1e-4, group: 1e-5, groups: 'block' },
      clipNorm: 5,
      labelSmoothing: 0.1,
      distill: { temperature: 2, weight: 0.5, features: 0.1, tensors: ['add'] },
      batchNorm: 'freeze',
      augment: { shift: 2, flip: true },
      subset: { samples: 1000, draw: 'once' },
      earlyStopping: { validation: 0.2, patience: 2, watch: 'accuracy' },
    },
    quantize: {
      weights: { bits: 4, per: 'tensor' },
      activations: { calibration: 'percentile', percentile: 99.9, samples: 64, bits: 7 },
      refine: { samples: 32 },
      float: ['softmax'],
    },
    storage: { entropy: false, metadata: 'minimal', names: 'numbers' },
  };
  t.same(parseRecipe(whole), whole);
  t.end();
});

t.test('faults say where, what was expected, and what is there', (t) => {
  const cases: [unknown, string][] = [
    [{ prune: { sparsity: 1.5 } }, 'recipe.prune.sparsity: expected a number in [0, 1), got 1.5'],
    [{ prune: {} }, 'recipe.prune.sparsity: expected a number in [0, 1), got nothing'],
    [{ prune: { sparsity: { fc1: 1 } } }, 'recipe.prune.sparsity.fc1: expected a number in [0, 1), got 1'],
    [{ prune: { sparsity: '90%' } }, 'recipe.prune.sparsity: expected a number in [0, 1), got "90%"'],
    [
      { prune: { sparsity: 0.5, unit: 'filter' } },
      'recipe.prune.unit: expected "element" or "neuron", got "filter"',
    ],
    [
      { prune: { pattern: [4, 2] } },
      'recipe.prune.pattern: expected a pattern [n, m] of whole numbers with 1 <= n < m <= 32, got [4,2]',
    ],
    [
      { prune: { sparsity: 0.5, pattern: [2, 4] } },
      'recipe.prune.sparsity: expected none with pattern 2:4, which says it, got 0.5',
    ],
    [
      { prune: { pattern: [2, 4], scope: 'global' } },
      'recipe.prune.scope: expected "layer" with pattern 2:4, which is as sparse everywhere, got "global"',
    ],
    [
      { prune: { pattern: [2, 4], block: [1, 2] } },
      'recipe.prune.block: expected none with pattern 2:4, got [1,2]',
    ],
    [
      { prune: { sparsity: 0.5, criterion: 'apoz' } },
      'recipe.prune.unit: expected "neuron" with criterion "apoz", which gives all weights of an output one score, got "element"',
    ],
    [
      { prune: { sparsity: 0.5, unit: 'neuron', block: [2, 2] } },
      'recipe.prune.block: expected none with unit "neuron", got [2,2]',
    ],
    [
      { prune: { pattern: [2, 4], blocks: { a: [1, 2] } } },
      'recipe.prune.blocks: expected none with pattern 2:4, got {"a":[1,2]}',
    ],
    [
      { prune: { sparsity: 0.5, scope: 'global', blocks: { a: [1, 2] } } },
      'recipe.prune.blocks: expected none with scope "global", which counts units of all layers together; use "layer"',
    ],
    [
      { prune: { sparsity: 0.5, blocks: { a: [1, 17] } } },
      'recipe.prune.blocks.a: expected a block [outputs, inputs] of whole numbers in 1..16, got [1,17]',
    ],
    [
      { prune: { sparsity: 0.5, criterion: 'movement' } },
      'recipe.prune.criterion: expected one that needs no training without recover, got "movement"; add recover',
    ],
    [
      { prune: { sparsity: { a: 0.1 }, scope: 'erk' } },
      'recipe.prune.sparsity: expected one number with scope "erk", got one for each layer; use scope "layer"',
    ],
    [
      { prune: { sparsity: 0.5, block: [0, 2] } },
      'recipe.prune.block: expected a block [outputs, inputs] of whole numbers in 1..16, got [0,2]',
    ],
    [{ recover: { epochs: 0 } }, 'recipe.recover.epochs: expected a finite number > 0, got 0'],
    [
      { recover: { epochs: 1, optimizer: { type: 'lion' } } },
      'recipe.recover.optimizer.type: expected "adam" or "sgd", got "lion"',
    ],
    [
      { recover: { epochs: 1, optimizer: { type: 'adam', momentum: 0.9 } } },
      'recipe.recover.optimizer.momentum: expected one of the keys type, learningRate, beta1, beta2, epsilon, got ' +
        '"momentum"',
    ],
    [
      { quantize: { weights: { bits: 1 } } },
      'recipe.quantize.weights.bits: expected a whole number in 2..8, got 1',
    ],
    [{ quantize: { float: 'fc1' } }, 'recipe.quantize.float: expected a list of layer patterns, got "fc1"'],
    [{ prune: 0.9 }, 'recipe.prune: expected an object, got 0.9'],
    [
      { quantise: {} },
      'recipe.quantise: expected one of the keys name, seed, preprocessing, unfold, structure, prune, recover, correct, quantize, storage, got ' +
        '"quantise"; did you mean "quantize"?',
    ],
    [null, 'recipe: expected an object, got null'],
    [[], 'recipe: expected an object, got []'],
    [
      { prune: { sparsity: { a: 0.1 }, scope: 'global' } },
      'recipe.prune.sparsity: expected one number with scope "global", got one for each layer; use scope "layer"',
    ],
    [
      { prune: { sparsity: 0.1, schedule: { end: 9 } }, recover: { epochs: 3 } },
      'recipe.prune.schedule.end: expected an epoch in 0..3, got 9',
    ],
    [
      { prune: { sparsity: 0.1, schedule: { type: 'cubist' } } },
      'recipe.prune.schedule.type: expected "one-shot", "constant", "linear", "cubic", "exponential", "polynomial", ' +
        '"iterative", "lottery" or "supermask", got "cubist"',
    ],
    [
      { prune: { sparsity: 0.1, schedule: { type: 'constant', end: 2 } } },
      'recipe.prune.schedule.end: expected one of the keys type, begin, layers, regrow, got "end"',
    ],
    [
      { prune: { sparsity: 0.1, schedule: { layers: { 'fc*': { end: 9 } } } }, recover: { epochs: 3 } },
      'recipe.prune.schedule.layers.fc*.end: expected an epoch in 0..3, got 9',
    ],
    [
      {
        prune: { sparsity: 0.1, scope: 'lamp', schedule: { layers: { fc: { end: 2 } } } },
        recover: { epochs: 3 },
      },
      'recipe.prune.schedule.layers: expected none with scope "lamp", which cuts all layers together; use scope "layer"',
    ],
    [
      { prune: { sparsity: 0.1, schedule: { type: 'lottery' } } },
      'recipe.prune.schedule.type: expected a schedule without training, got "lottery", which trains; add recover, ' +
        'with its epochs',
    ],
    [
      { prune: { sparsity: 0.1, schedule: { type: 'lottery', rewind: 'early' } }, recover: { epochs: 3 } },
      'recipe.prune.schedule.epoch: expected the epoch that rewind "early" goes back to, got nothing',
    ],
    [
      { prune: { sparsity: 0.1, schedule: { type: 'lottery', epoch: 1 } }, recover: { epochs: 3 } },
      'recipe.prune.schedule.epoch: expected none with rewind "initial", got 1; it is for rewind "early"',
    ],
    [
      {
        prune: { sparsity: 0.1, schedule: { type: 'lottery', rewind: 'early', epoch: 3 } },
        recover: { epochs: 3 },
      },
      'recipe.prune.schedule.epoch: expected one before the 3 epochs of recover are over, got 3',
    ],
    [
      { prune: { sparsity: 0.1, scope: 'lamp', schedule: { type: 'supermask' } }, recover: { epochs: 3 } },
      'recipe.prune.scope: expected "layer" or "output" or "global" or "erk" with a supermask, got "lamp"',
    ],
    [
      { prune: { pattern: [2, 4], schedule: { regrow: {} } }, recover: { epochs: 3 } },
      'recipe.prune.schedule.regrow: expected none with pattern 2:4, which regrowing breaks',
    ],
    [
      {
        prune: { sparsity: 0.1, schedule: { type: 'supermask' } },
        recover: { epochs: 9, earlyStopping: { patience: 2 } },
      },
      'recipe.recover.earlyStopping: expected none with schedule "supermask", whose masks change to the end',
    ],
    [
      { prune: { sparsity: 0.1, schedule: { regrow: {} } } },
      'recipe.prune.schedule.regrow: expected none without training; add recover, with its epochs',
    ],
    [
      { prune: { sparsity: 0.1, schedule: { begin: 4 } }, recover: { epochs: 3 } },
      'recipe.prune.schedule.begin: expected at most the 3 epochs of recover, got 4',
    ],
  ];
  for (const [json, message] of cases) {
    t.throws(() => parseRecipe(json), { name: 'RecipeError', message }, message);
  }
  t.throws(
    () => parseRecipe({ seed: -1, name: 3 }),
    { message: /recipe.name: .*\nrecipe.seed: / },
    'all at once',
  );
  t.ok(new RecipeError('x') instanceof Error);
  t.end();
});

t.test('the hash is that of what a recipe means', (t) => {
  const plain = recipeHash(parseRecipe({ quantize: {} }));
  t.equal(recipeHash(parseRecipe({ seed: 1, quantize: { weights: { bits: 8 } } })), plain);
  t.not(recipeHash(parseRecipe({ seed: 2, quantize: {} })), plain);
  t.end();
});
