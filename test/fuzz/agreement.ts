import { LopError } from '../../src/format/index.js';
import { decodeWeight } from '../../src/format/decode.js';
import { readStored } from '../../src/format/read.js';
import { withUnusedPlain } from './lop/unused.js';
import { OPERATOR, typescript } from './lop/reader.js';
import type { Outcome, SyncTarget } from './target.js';

/** `runtime`, which throws too where the TypeScript reader decides otherwise. */
export function compared(runtime: SyncTarget): SyncTarget {
  return {
    name: runtime.name,
    read(file) {
      const outcome = runtime.read(file);
      const what = disagreement(outcome, file);
      if (what) throw new Error(what);
      return outcome;
    },
  };
}

/**
 * What the runtime may refuse for reasons of its own: its memory, its build's operators, an inverse scale beyond f32, and a whole number
 * stored as f32 where an i32 belongs, which are one here.
 */
const RUNTIME_ONLY = 'overflow limit memory grow build not_finite attribute'.split(' ');
/** What only the TypeScript reader looks at. */
const TYPESCRIPT_ONLY = 'utf8 metadata'.split(' ');

function disagreement(runtime: Outcome, file: Uint8Array): string | undefined {
  const here = typescript.read(file);
  if (!here.accepted && !runtime.accepted) return undefined;
  if (here.accepted && runtime.accepted)
    return here.code === OPERATOR ? 'only checkGraph refuses' : undefined;
  if (here.accepted) {
    if (RUNTIME_ONLY.includes(runtime.code) || here.code === OPERATOR) return undefined;
    return `only wasm refuses: ${runtime.code}`;
  }
  if (TYPESCRIPT_ONLY.includes(here.code) || usedWeightsAreRight(file)) return undefined;
  return `only TypeScript refuses: ${here.code}`;
}

/** The runtime decodes only weights that a node uses, and knows only their encodings. */
function usedWeightsAreRight(file: Uint8Array): boolean {
  try {
    const stored = readStored(withUnusedPlain(file));
    const used = new Set(stored.nodes.flatMap((node) => Object.values(node.weights)));
    for (const [name, weight] of stored.weights) if (used.has(name)) decodeWeight(weight, name);
    return true;
  } catch (error) {
    if (error instanceof LopError) return false;
    throw error;
  }
}
