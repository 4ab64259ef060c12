/** Whether a text is a recipe, and where it is not one, why. The server checks again, and knows more. */
import { Validator, type OutputUnit, type Schema } from '@cfworker/json-schema';
import type { Recipe } from './api.js';

export type Checked = { recipe: Recipe } | { problem: string };

/** Keywords that only say that something within is wrong. */
const OUTER = new Set(['properties', 'items', 'anyOf', 'oneOf', 'allOf', '$ref', 'additionalProperties']);

/** `prune.schedule.end`, of a JSON pointer such as `#/prune/schedule/end`. */
const pathOf = (pointer: string): string => pointer.replace(/^#\/?/, '').replaceAll('/', '.') || 'recipe';

const depth = ({ instanceLocation }: OutputUnit): number => instanceLocation.split('/').length;

/** The deepest fault says most; what may be null may not be blamed for not being it. */
function worst(errors: readonly OutputUnit[]): string {
  const told = errors.filter(
    ({ keyword, error }) => !OUTER.has(keyword) && !error.endsWith('Expected "null".'),
  );
  const [fault = errors[0]] = told.toSorted((a, b) => depth(b) - depth(a));
  const path = pathOf(fault.instanceLocation);
  if (fault.keyword === 'false') return `${path}: a recipe has no such key`;
  return `${path}: ${fault.error.replace(/^Instance/, 'the value')}`;
}

/** Line and column of a syntax error, which browsers give as a position or as both. */
function whereOf(text: string, message: string): string {
  const [, position] = /position (\d+)/.exec(message) ?? [];
  if (position === undefined || /line \d+/.test(message)) return '';
  const before = text.slice(0, Number(position)).split('\n');
  return ` (line ${before.length}, column ${before.at(-1)!.length + 1})`;
}

export function createChecker(schema: object): (text: string) => Checked {
  const validator = new Validator(schema as Schema, '2020-12', false);
  return (text) => {
    let recipe: unknown;
    try {
      recipe = JSON.parse(text);
    } catch (error) {
      const { message } = error as Error;
      return { problem: `The text is not JSON yet: ${message}${whereOf(text, message)}` };
    }
    const { valid, errors } = validator.validate(recipe);
    return valid ? { recipe: recipe as Recipe } : { problem: worst(errors) };
  };
}
