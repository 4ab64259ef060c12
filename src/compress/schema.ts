/** What recipes' schemas are made of; messages complete "expected ..., got ...". */
import { z } from 'zod';

/** A value that passes `test`; `expected` completes "expected ..., got ...". */
export function value<T>(
  expected: string,
  test: (value: T) => boolean,
  kind: string = 'number',
): z.ZodType<T, T> {
  return z.custom<T>((input) => typeof input === kind && test(input as T), { error: expected });
}

export const isCount = (least: number) => (n: number) => Number.isSafeInteger(n) && n >= least;
export const count = (least: number) => value<number>(`a whole number >= ${least}`, isCount(least));
export const positive = value<number>('a finite number > 0', (n) => n > 0 && n < Infinity);
export const atLeast0 = value<number>('a finite number >= 0', (n) => n >= 0 && n < Infinity);
export const fraction = value<number>('a number in [0, 1)', (n) => n >= 0 && n < 1);
export const text = value<string>('a string', () => true, 'string');
/** Names of layers, in which `*` stands for any characters. */
export const patterns = z.array(text, { error: 'a list of layer patterns' }).default([]);
export const flag = value<boolean>('true or false', () => true, 'boolean');

export function choice<const T extends string>(...choices: T[]): z.ZodType<T, T> {
  const list = choices.map((name) => `"${name}"`).join(' or ');
  return value<T>(list, (input) => choices.includes(input), 'string');
}

/** An object of these keys and no others. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? known.join(', ') : 'an object'),
  });
}

/** Random changes of images: `AugmentOptions`. */
export const augmentSchema = strict({
  shift: count(0).default(0),
  flip: flag.default(false),
  /** Share of the area that is shown at least; absent: all of it. */
  zoom: value<number>('a number in (0, 1]', (n) => n > 0 && n <= 1).optional(),
});
