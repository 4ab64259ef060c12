import type { Attribute } from '../../src/graph/graph.js';
import { random, type Random } from '../helpers/random.js';
import { OPERATORS, type Kind } from './builds.js';
import type { Case } from './case.js';
import { Draft } from './draft.js';
import { STEPS } from './steps/index.js';

const TRIES = 60;
/** Share of graphs whose images are large: each takes as long as twenty others. */
const LARGE = 0.03;

/** Case `index` of a seed: a random graph, grown node by node, with inputs for one sample or a batch. */
export function generate(seed: number, index: number): Case {
  const r = random((Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0);
  const kind = r.pick<Kind>(['core', 'core', 'full', 'full', 'all', 'all', 'all']);
  const operators = palette(r, kind);
  const dtypes = r.pick(kind === 'core' ? INT8_MOSTLY : DTYPES);
  const large = r.next() < LARGE;
  const samples = large ? 1 : r.pick([1, 1, 1, 2, 3, 5]);
  const draft = new Draft(r, samples, dtypes, operators.includes('constant'), large);
  const size = large ? r.int(1, 4) : r.pick([1, 2, 3, 5, 8, 12, 16]);
  for (let i = 0; i < TRIES && draft.graph.nodes.length < size; i++) {
    tryStep(draft, r.pick(operators));
  }
  const { graph, values } = draft;
  // a file has an input
  if (graph.inputs.length === 0) draft.input([1], 'f32');
  graph.outputs.push(...outputsOf(draft));
  const metadata: Record<string, Attribute> = r.next() < 0.3 ? { activationBits: 7 } : {};
  return {
    graph: { ...graph, metadata },
    samples: Array.from({ length: samples }, (_, s) => graph.inputs.map((name) => values.get(name)![s])),
    entropy: r.next() < 0.6,
  };
}

/** What does not fit its operator's limits, or would be too large, is not added. */
function tryStep(draft: Draft, op: string): void {
  try {
    STEPS[op](draft, op);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}

const DTYPES: ('f32' | 'i8')[][] = [['f32'], ['i8'], ['f32', 'i8']];
/** What the core build has layers for. */
const INT8_MOSTLY: typeof DTYPES = [['i8'], ['i8'], ['f32', 'i8']];

/**
 * Swarm testing (Groce et al., ISSTA 2012): a graph of some operators only meets states that one of all operators, each rare, does
 * not. The small builds take part where a graph has only theirs.
 */
function palette(r: Random, kind: Kind): string[] {
  const all = OPERATORS[kind];
  const share = r.pick([0.1, 0.3, 1]);
  const some = all.filter(() => r.next() < share);
  return some.length > 0 ? some : [r.pick(all)];
}

/** The last tensor, most of those that no node reads, some that are read, the inputs among them; now and then one twice. */
function outputsOf({ random: r, graph }: Draft): string[] {
  const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  const names = [...graph.tensors.keys()];
  const some = names.filter((name) => r.next() < (read.has(name) ? 0.15 : 0.8));
  if (some.length === 0 || r.next() < 0.1) some.push(names.at(-1)!);
  return some.toSorted(() => r.next() - 0.5);
}
