import t from 'tap';
import { unitGroups } from '../../../src/compress/structure/groups.js';
import { removeUnits } from '../../../src/compress/structure/remove.js';
import {
  openGroups,
  selectUnits,
  type ScoredGroup,
  type SelectOptions,
} from '../../../src/compress/structure/select.js';
import { Units } from '../../../src/compress/structure/units.js';
import { countMacs } from '../../../src/ops/macs.js';
import { GraphBuilder } from '../../helpers/graphs.js';

const OPTIONS: SelectOptions = { scope: 'layer', multiple: 1, minimum: 1, per: 'unit' };

/** Dense layers 4 -> 8 -> 4 -> 2: units of the first cost 4 + 4 products, of the second 8 + 2. */
function network(): Units {
  const { graph } = new GraphBuilder([4])
    .add('dense', {}, { kernel: [8, 4] }, { name: 'wide' })
    .add('dense', {}, { kernel: [4, 8] }, { name: 'narrow' })
    .add('dense', {}, { kernel: [2, 4] }, { name: 'scores' });
  return new Units(graph);
}

const SCORES = { wide: [1, 2, 3, 4, 5, 6, 7, 8], narrow: [2.5, 0.5, 30, 40] };

function scoredGroups(units: Units): ScoredGroup[] {
  return unitGroups(units).map((group) => ({
    ...group,
    scores: Float64Array.from(SCORES[group.layers[0] as keyof typeof SCORES]),
    total: group.units.length,
  }));
}

/** What is left of each layer, by its scores. */
function kept(options: Partial<SelectOptions>): number[][] {
  const units = network();
  const groups = scoredGroups(units);
  const cost = countMacs(units.graph).macs;
  const removed = selectUnits(units, groups, { ...OPTIONS, ...options }, cost);
  return groups.map(({ units: all, scores }) => [...scores].filter((_, i) => !removed.has(all[i])));
}

t.test('sparsity: the lowest of each layer, by layer or pattern', async (t) => {
  t.same(kept({ sparsity: 0.5 }), [
    [5, 6, 7, 8],
    [30, 40],
  ]);
  t.same(kept({ sparsity: { narrow: 0.25 } }), [SCORES.wide, [2.5, 30, 40]]);
  t.same(kept({ sparsity: { 'type:dense': 0.75 } }), [[7, 8], [40]]);
  t.throws(() => kept({ sparsity: { nothing: 0.5 } }), /structure.channels.sparsity: expected patterns of/);
});

t.test('a global cut takes the lowest of all, but never a whole layer', async (t) => {
  t.same(kept({ scope: 'global', sparsity: 0.5 }), [
    [5, 6, 7, 8],
    [30, 40],
  ]);
  t.same(kept({ scope: 'global', sparsity: 0.9 }), [[8], [40]]);
});

t.test('multiples and a minimum', async (t) => {
  t.same(kept({ sparsity: 0.7, multiple: 4 }), [[5, 6, 7, 8], SCORES.narrow]);
  t.same(kept({ sparsity: 0.9, minimum: 3 }), [
    [6, 7, 8],
    [2.5, 30, 40],
  ]);
  t.same(kept({ sparsity: 0.9, minimum: 3, multiple: 2 }), [[5, 6, 7, 8], SCORES.narrow]);
});

/** 6 and 3 units make 24 + 18 + 6 = 48 products, of 72 in all. */
function macsOf([wide, narrow]: number[][]): number {
  return 4 * wide.length + wide.length * narrow.length + 2 * narrow.length;
}

t.test('a fraction of the multiply-adds, and of the weights', async (t) => {
  for (const target of [0.9, 0.66, 0.5, 0.25])
    for (const scope of ['layer', 'global'] as const) {
      const left = macsOf(kept({ scope, macs: target }));
      t.ok(left <= 72 * target && left > 72 * target - 12, `${scope} ${target}: ${left} of 72`);
    }
  t.same(kept({ params: 0.66 }), kept({ macs: 0.66 }), 'here each weight is one product');
  t.throws(
    () => kept({ macs: 0.05 }),
    /macs: expected a fraction that can be reached, at least 0.0972 here, got 0.05/,
  );
});

t.test('scores by what a unit costs: of equal ones the dearer goes first', async (t) => {
  // A unit of wide costs 8 products, of narrow 10: 2.5 / 10 < 3 / 8.
  t.same(kept({ scope: 'global', per: 'mac', macs: 0.6 })[1], [30, 40]);
});

t.test('layers kept dense', async (t) => {
  const units = network();
  const groups = unitGroups(units);
  t.same(
    openGroups(units.graph, groups, ['w*']).map(({ layers }) => layers),
    [['narrow']],
  );
  t.throws(
    () => openGroups(units.graph, groups, ['x']),
    /structure.channels.dense: expected patterns of wide, narrow/,
  );
  t.throws(() => openGroups(units.graph, groups, ['*']), /expected at least one layer/);
});

t.test('what is selected can be taken out', async (t) => {
  const units = network();
  const removed = selectUnits(units, scoredGroups(units), { ...OPTIONS, sparsity: 0.5 }, 0);
  t.same(countMacs(removeUnits(units, removed)).macs, 4 * 4 + 4 * 2 + 2 * 2);
});
