import type { GraphIndex, Node } from '../graph/index.js';
import { attributesOf } from '../ops/check.js';
import { uniform, withConstant } from './constants.js';
import { eachNode } from './rewrite.js';

/** Greatest f32: a clip without that end. */
const LARGEST = 3.4028234663852886e38;

/** `min(max, max(min, x))` of tensor `x`. */
export interface Clip {
  x: string;
  min: number;
  max: number;
}

/** min, max with a number, and clip of a clip, are one clip; clips at 0, and at 0 and 6, are relu and relu6. */
export const mergeClips = eachNode((index, node) => {
  const clip = clipOf(index, node);
  if (!clip) return;
  const before = index.producerOf(clip.x);
  const inner = before && index.isOnlyReader(clip.x, node) ? clipOf(index, before) : undefined;
  const merged = inner ? composed(clip, inner) : clip;
  if (!inner && node.op !== 'clip' && node.op !== 'min' && node.op !== 'max') return;
  become(index, node, merged);
});

/** What the node clips; undefined where it is no clip. */
export function clipOf(index: GraphIndex, node: Node): Clip | undefined {
  const [x] = node.inputs;
  if (node.op === 'relu' || node.op === 'relu6')
    return index.tensor(x).dtype === 'f32' ? { x, min: 0, max: node.op === 'relu' ? LARGEST : 6 } : undefined;
  if (node.op === 'clip') {
    const { min, max } = attributesOf(node) as { min: number; max: number };
    return { x, min: Math.max(min, -LARGEST), max: Math.min(max, LARGEST) };
  }
  if (node.op !== 'min' && node.op !== 'max') return undefined;
  const operands = withConstant(index, node);
  const value = operands && uniform(index, operands.constant);
  if (operands === undefined || value === undefined || Number.isNaN(value)) return undefined;
  const bound = Math.max(-LARGEST, Math.min(LARGEST, value));
  return node.op === 'min'
    ? { x: operands.x, min: -LARGEST, max: bound }
    : { x: operands.x, min: bound, max: LARGEST };
}

/** `outer` of `inner`. */
function composed(outer: Clip, inner: Clip): Clip {
  const bounded = (value: number): number => Math.min(outer.max, Math.max(outer.min, value));
  return { x: inner.x, min: bounded(inner.min), max: bounded(inner.max) };
}

function become(index: GraphIndex, node: Node, { x, min, max }: Clip): void {
  const inputs = [x];
  const isRelu = min === 0 && (max === LARGEST || max === 6);
  const op = isRelu ? (max === 6 ? 'relu6' : 'relu') : 'clip';
  const attributes: Node['attributes'] = isRelu ? {} : { min, max };
  const same = node.op === op && node.inputs[0] === x;
  if (!same) index.change(node, { op, inputs, attributes });
}
