import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import type { Fitness } from '../../../src/compress/search/bound.js';
import { evolve, type EvolutionOptions, type Genes } from '../../../src/compress/search/evolution.js';
import { random } from '../../helpers/random.js';

const options: EvolutionOptions = {
  sizes: [9, 9, 9, 9, 9],
  population: 8,
  trials: 160,
  tournament: 2,
  seed: 3,
};

const TARGET = [1, 7, 3, 5, 0];

/** Distance to a target; half of the space is beyond a bound. */
const fitnessOf = (genes: Genes): Fitness => ({
  violation: Math.max(0, genes[0] - 5),
  objective: genes.reduce((sum, gene, i) => sum + (gene - TARGET[i]) ** 2, 0),
});

t.test('finds better individuals than drawing as many', async (t) => {
  const found = await evolve(options, async (genes) => genes.map(fitnessOf));
  const source = random(1);
  const drawn = Array.from({ length: 160 }, () =>
    fitnessOf(options.sizes.map((size) => source.int(0, size - 1))),
  );
  const best = Math.min(
    ...drawn.filter(({ violation }) => violation === 0).map(({ objective }) => objective),
  );
  t.equal(found[0].fitness.violation, 0);
  t.ok(found[0].fitness.objective < best, `${found[0].fitness.objective} against ${best}`);
});

t.test('the order in which evaluations end changes nothing', async (t) => {
  const ordered = await evolve(options, async (genes) => genes.map(fitnessOf));
  const source = random();
  const shuffled = await evolve(options, (genes) =>
    Promise.all(
      genes.map(async (each) => {
        await setTimeout(source.int(0, 3));
        return fitnessOf(each);
      }),
    ),
  );
  t.same(shuffled, ordered);
  t.notSame(await evolve({ ...options, seed: 4 }, async (genes) => genes.map(fitnessOf)), ordered);
});

t.test('starts with the given ones, never tries one twice, and ends where the space does', async (t) => {
  const asked: Genes[][] = [];
  const small = {
    ...options,
    sizes: [2, 3],
    trials: 100,
    start: [
      [1, 2],
      [1, 2],
      [0, 0],
    ],
  };
  const found = await evolve(small, async (genes) => {
    asked.push(genes);
    return genes.map(fitnessOf);
  });
  t.same(asked[0].slice(0, 2), [
    [1, 2],
    [0, 0],
  ]);
  t.equal(found.length, 6);
  t.equal(new Set(asked.flat().map(String)).size, 6);
});
