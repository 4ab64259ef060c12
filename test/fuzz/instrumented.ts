/** What code that scripts/fuzz/instrument-ts.mjs went through counts with. To be imported before any such code. */
import type { Edges } from './coverage.js';

/** Set by scripts/fuzz/watch.mjs. */
const { LOPPER_FUZZ_EDGES: count = '0', LOPPER_FUZZ_WORDS: texts = '[]' } = process.env;

/** One counter for each place in TypeScript. */
export const edges: Edges = new Uint8Array(Number(count));

/** Texts in the sources, which inputs may hold: names of operators, of keys, of settings. */
export const words = JSON.parse(texts) as string[];

Object.assign(globalThis, { lopperEdges: edges });
