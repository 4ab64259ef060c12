import type { GraphIndex } from '../../graph/index.js';
import { clipOf } from '../merge-clips.js';
import { lineOf, type Line } from './algebra.js';

/** `min(max, max(min, a * x + b))` */
export interface Clamp extends Line {
  min: number;
  max: number;
}

/** The tensor as the clamp of a line: by clip, relu6, or the activation of the operator that adds. */
export function clampOf(index: GraphIndex, tensor: string): Clamp | undefined {
  const node = index.producerOf(tensor);
  if (!node || index.tensor(tensor).dtype !== 'f32') return undefined;
  if (node.op === 'hard_sigmoid') {
    const { alpha = 0.2, beta = 0.5 } = node.attributes as { alpha?: number; beta?: number };
    return { x: node.inputs[0], a: alpha, b: beta, min: 0, max: 1 };
  }
  const clip = clipOf(index, node);
  if (clip) return { ...lineOf(index, clip.x), min: clip.min, max: clip.max };
  if (node.op !== 'add' || node.attributes.activation !== 'relu6') return undefined;
  const [first, second] = node.inputs.map((name) => index.constantOf(name));
  const constant = first ?? second;
  if (constant?.data.length !== 1) return undefined;
  const x = first ? node.inputs[1] : node.inputs[0];
  return { x, a: 1, b: constant.data[0], min: 0, max: 6 };
}
