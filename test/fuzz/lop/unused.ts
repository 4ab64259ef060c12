import { readNodes } from '../../../src/format/read-nodes.js';
import { readStrings } from '../../../src/format/strings.js';
import { assemble, sectionsOf } from '../../format/surgery.js';

const [STRINGS, TENSORS, WEIGHTS, NODES] = [1, 2, 3, 4];

/**
 * A file that the runtime accepts, in which weights that no node uses have a plain encoding: it looks at those of used ones alone, and the TypeScript
 * reader at all.
 */
export function withUnusedPlain(file: Uint8Array): Uint8Array {
  const sections = sectionsOf(file);
  const of = (kind: number): Uint8Array => sections.find((section) => section.kind === kind)!.bytes;
  const weights = of(WEIGHTS);
  const used = usedWeights(of(STRINGS), of(TENSORS), of(NODES));
  // positions, values, coding: gaps suit any count of kept blocks, and plain values any type
  encodingsIn(weights).forEach((at, index) => used.has(index) || weights.set([2, 0, 0], at));
  return assemble(sections);
}

function usedWeights(strings: Uint8Array, tensors: Uint8Array, nodes: Uint8Array): Set<number> {
  const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));
  const graph = readNodes(nodes, {
    strings: readStrings(strings),
    tensors: numbers(viewOf(tensors).getUint16(0, true)),
    weights: numbers(2 ** 16),
  });
  return new Set(graph.nodes.flatMap(({ weights }) => Object.values(weights).map(Number)));
}

/** Where each weight's encoding stands: FORMAT.md, "Byte grid". */
function encodingsIn(weights: Uint8Array): number[] {
  const view = viewOf(weights);
  let at = 2;
  return Array.from({ length: view.getUint16(0, true) }, () => {
    const encoding = at + 4 + 4 * weights[at + 3] + 2;
    at = encoding + 15 + view.getUint32(encoding + 7, true) + view.getUint32(encoding + 11, true);
    return encoding;
  });
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
