/** What the server knows of recipes: its own room may not import the pipeline. */
import { z } from 'zod';
import { parseRecipe } from '../../compress/index.js';
import { sparsity } from '../../compress/prune/schema.js';
import { recipeSchema } from '../../compress/recipe-schema.js';
import type { Recipes } from '../../server/routes/recipes.js';
import { PRESETS } from './presets.js';

type Json = Record<string, unknown>;

/** Whatever changes the network looks at samples; storage alone does not. */
const WITH_DATA = ['unfold', 'structure', 'prune', 'recover', 'correct', 'quantize'] as const;

/** Leaves of the recipe's schema are functions; what they expect is said in words, which name most of JSON Schema's kinds. */
const LEAVES: [RegExp, (match: RegExpExecArray) => Json][] = [
  [/^a whole number >= (\d+)$/, ([, least]) => ({ type: 'integer', minimum: Number(least) })],
  [/^a finite number > 0$/, () => ({ type: 'number', exclusiveMinimum: 0 })],
  [/^a finite number >= 0$/, () => ({ type: 'number', minimum: 0 })],
  [/^a number in \[0, 1\)$/, () => ({ type: 'number', minimum: 0, exclusiveMaximum: 1 })],
  [/^a number in \(0, 1\]$/, () => ({ type: 'number', exclusiveMinimum: 0, maximum: 1 })],
  [/^true or false$/, () => ({ type: 'boolean' })],
  [/^a string$/, () => ({ type: 'string' })],
  [
    /^"[^"]+"( or "[^"]+")*$/,
    ([text]) => ({ type: 'string', enum: text.split(' or ').map((name) => JSON.parse(name) as string) }),
  ],
];

const FRACTION = { type: 'number', minimum: 0, exclusiveMaximum: 1 };
/** One number, or one for each layer pattern; its schema is a function as a whole. */
const SPARSITY = { anyOf: [FRACTION, { type: 'object', additionalProperties: FRACTION }] };

function leafSchema(expected: string): Json {
  for (const [pattern, make] of LEAVES) {
    const match = pattern.exec(expected);
    if (match) return make(match);
  }
  return { description: expected };
}

function recipeJsonSchema(): Json {
  const schema = z.toJSONSchema(recipeSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const schema = zodSchema as unknown as z.ZodType;
      if (schema === sparsity) Object.assign(jsonSchema, SPARSITY);
      const { type, error } = schema.def;
      if (type !== 'custom' || !error) return;
      const expected = error({ code: 'custom', input: undefined, path: [] } as never);
      if (typeof expected === 'string') Object.assign(jsonSchema, leafSchema(expected));
    },
  });
  return { title: 'Recipe', ...schema };
}

export const recipes: Recipes = {
  presets: PRESETS,
  schema: recipeJsonSchema(),
  check: (recipe) => {
    const parsed = parseRecipe(recipe);
    return { needsData: WITH_DATA.some((stage) => parsed[stage] != null) };
  },
};
