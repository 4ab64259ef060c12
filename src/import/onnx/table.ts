/** ONNX' operators, and some of onnxruntime's (com.microsoft), by name. */
import type { Convert } from './call.js';
import { convolution } from './convolution.js';
import { elementwise } from './elementwise.js';
import { EXPANDED } from './expand.js';
import { linear } from './linear.js';
import { normalization } from './normalization.js';
import type { OnnxNode } from './proto.js';
import { pools } from './pools.js';
import { quantization } from './quantization.js';
import { recurrents } from './recurrent.js';
import { reductions } from './reduce.js';
import { resizing } from './resize.js';
import { selection } from './selection.js';
import { shapes } from './shapes.js';

const CONVERTERS: ReadonlyMap<string, Convert> = new Map(
  [
    convolution,
    elementwise,
    linear,
    normalization,
    pools,
    quantization,
    recurrents,
    reductions,
    resizing,
    selection,
    shapes,
  ].flatMap((part) => Object.entries(part)),
);

/** Operators that int8 values pass through unchanged: they are moved or compared. */
const MOVING = new Set([
  'MaxPool',
  'GlobalMaxPool',
  'Relu',
  'Concat',
  'Split',
  'Slice',
  'Gather',
  'Pad',
  'Reshape',
  'Flatten',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Expand',
  'Tile',
  'DepthToSpace',
  'SpaceToDepth',
]);

const DOMAINS = ['', 'com.microsoft'];

export function isMoving(op: string): boolean {
  return MOVING.has(op);
}

export function converterOf(node: OnnxNode): Convert | undefined {
  return CONVERTERS.get(node.op);
}

/** True where there is an importer for the node's operator. */
export function isKnown({ op, domain }: OnnxNode): boolean {
  return DOMAINS.includes(domain) && (CONVERTERS.has(op) || EXPANDED.includes(op));
}

const HINTS: Record<string, string> = {
  LRN: 'local response normalization is not supported; networks since 2014 use batch normalization',
  NonMaxSuppression:
    'how many boxes are left is known only at run time; cut the model before it and select boxes in the app',
  TopK: 'cut the model before it and sort in the app; ArgMax is supported',
  NonZero: 'how many are found is known only at run time; cut the model before it',
  Loop: 'control flow is not supported; unroll it while exporting (onnx-simplifier)',
  Scan: 'control flow is not supported; unroll it while exporting (onnx-simplifier)',
};

/** What to do about a node whose operator has no importer. */
export function hintFor({ op, domain }: OnnxNode): string {
  if (!DOMAINS.includes(domain)) return `operators of domain '${domain}' are not supported`;
  return HINTS[op] ?? 'no importer for this operator';
}
