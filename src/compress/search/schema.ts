import { z } from 'zod';
import { describeFaults } from '../faults.js';
import { choice, count, positive, strict, value } from '../schema.js';

/** A search description that says what none may say. */
export class SearchError extends Error {
  override name = 'SearchError';
}

const fraction = value<number>('a number in (0, 1)', (n) => n > 0 && n < 1);
const points = value<number>('percentage points in 0..100', (n) => n >= 0 && n <= 100);
const ratio = value<number>('a number > 1', (n) => n > 1 && n < Infinity);

/** `{accuracy: {drop}}` in points below the dense original, or `{accuracy: {least}}`; `{bytes}`; `{ratio}` to the f32 weights; `{latency}`. */
const bound = z.union(
  [
    strict({
      accuracy: z.union([
        strict({ drop: points, least: z.undefined().optional() }),
        strict({ least: fraction, drop: z.undefined().optional() }),
      ]),
    }),
    strict({ bytes: count(1) }),
    strict({ ratio }),
    strict({
      latency: z.union([
        strict({ ms: positive, ratio: z.undefined().optional() }),
        strict({ ratio: fraction, ms: z.undefined().optional() }),
      ]),
    }),
  ],
  {
    error:
      'one of {"accuracy": {"drop": points}}, {"accuracy": {"least": share}}, {"bytes": n}, {"ratio": times smaller}, {"latency": {"ms": n}}, {"latency": {"ratio": share}}',
  },
);

const range = strict({
  from: value<number>('a number', Number.isFinite),
  to: value<number>('a number', Number.isFinite),
  step: positive,
});

/** Most values of a range. */
const MOST_CHOICES = 1000;

/** A list, or `{from, to, step}`. */
const choices = z.union([z.array(z.json()).min(1), range]).transform((given, context): unknown[] => {
  if (Array.isArray(given)) return given;
  const length = Math.floor((given.to - given.from) / given.step + 1e-9) + 1;
  if (length >= 1 && length <= MOST_CHOICES)
    return Array.from({ length }, (_, i) => Number((given.from + i * given.step).toPrecision(12)));
  context.addIssue({ code: 'custom', message: `a range of 1 to ${MOST_CHOICES} values` });
  return z.NEVER;
});

const layer = strict({
  sparsity: choices.optional(),
  /** As `quantize.layers` takes them: bits, a codebook, f16, f32. */
  precision: choices.optional(),
  block: choices.optional(),
});

const space = strict({
  /** By layer pattern: choices of each layer that fits; the first pattern that fits counts. */
  layers: z.record(z.string(), layer, { error: 'choices by layer pattern' }).default({}),
  /** By path in the recipe (`recover.optimizer.learningRate`): choices of its value. */
  recipe: z.record(z.string(), choices, { error: 'choices by path in the recipe' }).default({}),
});

/** Values by path in the recipe, which replace what it says. */
const changes = z.record(z.string(), z.json(), { error: 'values by path in the recipe' }).default({});

const budget = {
  /** Of recovery: `recover.epochs`, and what else is counted in epochs shrinks with it. */
  epochs: positive.optional(),
  /** Training samples; absent: all that do not validate. */
  samples: count(1).optional(),
  set: changes,
};

const strategy = z
  .discriminatedUnion(
    'type',
    [
      strict({ type: z.literal('sensitivity+dp') }),
      strict({
        type: z.literal('evolution'),
        population: count(2).default(8),
        tournament: count(1).default(2),
        mutation: fraction.optional(),
        /** How the first individuals are found: drawn, or by sensitivity and dynamic programming. */
        start: choice('random', 'sensitivity+dp').default('random'),
      }),
    ],
    { error: '"sensitivity+dp" or "evolution"' },
  )
  .default({ type: 'evolution', population: 8, tournament: 2, start: 'random' });

const description = strict({
  name: value<string>('a string', () => true, 'string').optional(),
  seed: count(0).default(1),
  /** What every trial starts from: a recipe. */
  recipe: z.looseObject({}, { error: 'a recipe' }),
  bound,
  /** With a bound of accuracy; the others maximize accuracy. */
  minimize: choice('bytes', 'latency').default('bytes'),
  space,
  strategy,
  /** Short trainings in all, at most. */
  trials: count(1).default(32),
  trial: strict({ ...budget, slack: points.default(0) }).prefault({}),
  /** Whole trainings of the best of the trials, to see which hold the bound: rounds of `candidates`; 0 rounds trust the trials. */
  final: strict({
    epochs: positive.optional(),
    set: changes,
    rounds: count(0).default(2),
    candidates: count(1).default(2),
  }).prefault({}),
  /** Samples split off the training samples, on which trials are measured. */
  validation: strict({ samples: count(1).default(5000) }).prefault({}),
});

/** A search with its defaults filled in. */
export type SearchDescription = z.output<typeof description>;
export type Bound = SearchDescription['bound'];
export type Space = SearchDescription['space'];

/**
 * Checks a search description (parsed JSON) and fills in its defaults.
 *
 * @throws SearchError with one line for each fault, as `search.trials: expected a whole number >= 1, got 0`
 */
export function parseSearch(json: unknown): SearchDescription {
  const result = description.safeParse(json);
  if (!result.success) throw new SearchError(describeFaults('search', result.error, json));
  const fault = contradiction(result.data);
  if (fault !== undefined) throw new SearchError(fault);
  return result.data;
}

function contradiction(search: SearchDescription): string | undefined {
  const { space, strategy, bound, minimize } = search;
  const knobs = Object.keys(space.recipe);
  if (knobs.length + Object.keys(space.layers).length === 0)
    return 'search.space: expected choices in layers or recipe, got none';
  const byLayer = strategy.type === 'sensitivity+dp' || strategy.start === 'sensitivity+dp';
  if (byLayer && Object.keys(space.layers).length === 0)
    return 'search.space.layers: expected choices for layers with "sensitivity+dp", got none; use strategy "evolution"';
  if (strategy.type === 'sensitivity+dp' && knobs.length > 0)
    return `search.space.recipe: expected nothing with "sensitivity+dp", which chooses for layers only, got ${knobs.join(', ')}; use strategy "evolution"`;
  if (!('accuracy' in bound) && minimize === 'latency')
    return 'search.minimize: expected "bytes" where the bound is not of accuracy (accuracy is maximized), got "latency"';
  return undefined;
}
