/** Readers of attributes: each checks what it reads. RangeError says which, expected, got. */
import type { Attribute } from '../graph/graph.js';
import type { Activation } from './arithmetic.js';

type Attributes = Record<string, Attribute>;

/** [y, x], whole numbers >= 1. */
export function pairOf(attributes: Attributes, key: string): [number, number] {
  return wholeNumbers(attributes, key, 2, 1) as [number, number];
}

/** [top, left, bottom, right], whole numbers >= 0. */
export function padsOf(attributes: Attributes): [number, number, number, number] {
  return wholeNumbers(attributes, 'pads', 4, 0) as [number, number, number, number];
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

function wholeNumbers(attributes: Attributes, key: string, count: number, least: number): number[] {
  const value = attributes[key];
  if (
    Array.isArray(value) &&
    value.length === count &&
    value.every((n) => Number.isInteger(n) && n >= least)
  ) {
    return value;
  }
  throw new RangeError(
    `${key}: expected ${count} whole numbers of at least ${least}, got [${String(value)}]`,
  );
}
