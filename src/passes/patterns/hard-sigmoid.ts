import { near } from '../constants.js';
import { eachNode } from '../rewrite.js';
import { lineOf } from './algebra.js';
import { clampOf } from './clamp.js';

/** `clip(a*x + b, 0, 1)`, and `relu6(x + 3) / 6`, are hard_sigmoid. */
export const recognizeHardSigmoid = eachNode((index, node) => {
  if (node.op === 'hard_sigmoid' || !['clip', 'mul', 'div'].includes(node.op)) return;
  const scaled = lineOf(index, node.outputs[0]);
  const clamp = clampOf(index, scaled.x);
  if (!clamp || scaled.b !== 0 || clamp.min !== 0 || !near(clamp.max * scaled.a, 1)) return;
  if (clamp.a === 1 && clamp.b === 0) return;
  const attributes = { alpha: Math.fround(clamp.a * scaled.a), beta: Math.fround(clamp.b * scaled.a) };
  index.change(node, { op: 'hard_sigmoid', inputs: [clamp.x], attributes });
});
