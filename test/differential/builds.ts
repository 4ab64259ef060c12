/** Which build of the runtime has which operators: read from the one list there is. */
import { readFileSync } from 'node:fs';

export type Kind = 'all' | 'full' | 'core';

const source = readFileSync(new URL('../../assembly/ops/names.ts', import.meta.url), 'utf8');
const lists = [...source.matchAll(/return\s+'([^']+)'/g)].map(([, names]) =>
  names.split(' ').filter(Boolean),
);

/** The operators of each kind of build, as assembly/ops/names.ts has them. */
export const OPERATORS: Record<Kind, string[]> = { all: lists[0], full: lists[1], core: lists[2] };
