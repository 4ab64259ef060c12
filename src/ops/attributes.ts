/** Readers of attributes: each checks what it reads. RangeError says which, expected, got. */
import type { Attribute } from '../graph/graph.js';
import type { Activation } from './arithmetic.js';

type Attributes = Record<string, Attribute>;

/** [y, x], whole numbers >= 1. */
export function pairOf(attributes: Attributes, key: string): [number, number] {
  return wholesOf(attributes, key, 2, 1) as [number, number];
}

/** [top, left, bottom, right], whole numbers >= 0. */
export function padsOf(attributes: Attributes): [number, number, number, number] {
  return wholesOf(attributes, 'pads', 4, 0) as [number, number, number, number];
}

export function activationOf(attributes: Attributes): Activation {
  return oneOf(attributes, 'activation', ['linear', 'relu', 'relu6']);
}

/** A string attribute out of `choices`. */
export function oneOf<T extends string>(attributes: Attributes, key: string, choices: readonly T[]): T {
  const choice = choices.find((name) => name === attributes[key]);
  if (choice === undefined) {
    throw new RangeError(`${key}: expected ${choices.join(', ')}, got ${String(attributes[key])}`);
  }
  return choice;
}

/** A number in [least, limit). */
export function numberOf(attributes: Attributes, key: string, least: number, limit: number): number {
  const value = attributes[key];
  if (typeof value === 'number' && value >= least && value < limit) return value;
  throw new RangeError(`${key}: expected a number in [${least}, ${limit}), got ${String(value)}`);
}

/** 0 or 1, as false or true. */
export function flagOf(attributes: Attributes, key: string): boolean {
  const value = attributes[key];
  if (value === 0 || value === 1) return value === 1;
  throw new RangeError(`${key}: expected 0 or 1, got ${String(value)}`);
}

/** A finite number, as the f32 that a file holds. */
export function f32Of(attributes: Attributes, key: string): number {
  const value = attributes[key];
  if (typeof value === 'number' && Number.isFinite(Math.fround(value))) return Math.fround(value);
  throw new RangeError(`${key}: expected a finite f32, got ${String(value)}`);
}

/** A whole number of at least `least`. */
export function wholeOf(attributes: Attributes, key: string, least: number): number {
  const value = attributes[key];
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value;
  throw new RangeError(`${key}: expected a whole number of at least ${least}, got ${String(value)}`);
}

/** `axis`, in 0..rank-1. */
export function axisOf(attributes: Attributes, rank: number): number {
  const axis = wholeOf(attributes, 'axis', 0);
  if (axis < rank) return axis;
  throw new RangeError(`axis: expected one below the input's rank ${rank}, got ${axis}`);
}

/** `count` whole numbers of at least `least`; any count where it is undefined. */
export function wholesOf(
  attributes: Attributes,
  key: string,
  count: number | undefined,
  least: number,
): number[] {
  const value = attributes[key];
  if (
    Array.isArray(value) &&
    value.length === (count ?? value.length) &&
    value.every((n) => Number.isInteger(n) && n >= least)
  ) {
    return value;
  }
  const numbers = least === -Infinity ? 'whole numbers' : `whole numbers of at least ${least}`;
  const expected = count === undefined ? numbers : `${count} ${numbers}`;
  throw new RangeError(`${key}: expected ${expected}, got [${String(value)}]`);
}
