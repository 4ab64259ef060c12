import t from 'tap';
import { precisionsOf } from '../../../src/compress/quantize/precision.js';
import { parseRecipe } from '../../../src/compress/recipe.js';
import { GraphBuilder } from '../../helpers/graphs.js';

const parse = (quantize: unknown): unknown => parseRecipe({ quantize }).quantize;

t.test('a codebook is a number, or says how it is found', async (t) => {
  const found = { entries: 32, values: 'i8', initialization: 'linear', rate: 0 };
  t.match(parse({ weights: { codebook: 32 } }), { weights: { codebook: found } });
  t.match(parse({ weights: { codebook: { entries: 16, rate: 2 } } }), {
    weights: { codebook: { ...found, entries: 16, rate: 2 } },
  });
  t.match(parse(parse({ weights: { codebook: 32 } })), { weights: { codebook: found } });
});

t.test('faults', async (t) => {
  const faults: [unknown, RegExp][] = [
    [{ weights: { codebook: 1 } }, /codebook.entries: expected a whole number in 2..256/],
    [
      { weights: { codebook: 32, bits: 4 } },
      /weights.bits: expected 8 with a codebook, whose entries are int8, got 4/,
    ],
    [
      { layers: { conv: 9 } },
      /layers.conv: expected bits 2..8, "f32", "f16" or \{ "codebook": 2..256 \}, got 9/,
    ],
    [{ layers: { conv: { codebook: 2, entries: 3 } } }, /layers.conv: expected bits/],
    [{ equalize: 'rows' }, /equalize: expected true, false, "weights" or "activations", got "rows"/],
    [
      { activations: { calibration: 'best' } },
      /expected "minmax" or "percentile" or "mse" or "kl", got "best"/,
    ],
  ];
  for (const [quantize, message] of faults) t.throws(() => parse(quantize), message);
});

t.test('the last pattern that fits a layer says its precision', async (t) => {
  const { graph } = new GraphBuilder([4])
    .add('dense', {}, { kernel: [4, 4] }, { name: 'a1' })
    .add('dense', {}, { kernel: [4, 4] }, { name: 'a2' })
    .add('dense', {}, { kernel: [4, 4] }, { name: 'b' });
  const weights = { bits: 8, per: 'channel' as const };
  const said = precisionsOf(graph, { weights, float: ['a*'], layers: { a2: 4 } });
  t.same(
    [...said],
    [
      ['a1', 'f32'],
      ['a2', 4],
      ['b', 8],
    ],
  );
  const shared = precisionsOf(graph, { weights: { ...weights, codebook: { entries: 16 } }, float: ['b'] });
  t.same([...shared.values()], [{ codebook: 16 }, { codebook: 16 }, 'f32']);
});
