import { eachNode } from '../../passes/rewrite.js';

/**
 * `prelu` has no int8 form, `max(x, slope * x)` has: the same where no slope is above 1. Where one is, the prelu stays, in f32.
 */
export const splitPrelu = eachNode((index, node) => {
  if (node.op !== 'prelu') return;
  const [x, slope] = node.inputs;
  const constant = index.constantOf(slope);
  if (!constant || constant.data.some((value) => !(value <= 1))) return;
  const { shape } = index.outputOf(node);
  const output = { shape, dtype: 'f32' as const };
  const name = `${node.name}/scaled`;
  const scaled = index.insert({ name, op: 'mul', inputs: [x, slope], output });
  index.change(node, { op: 'max', inputs: [x, scaled.outputs[0]] });
});
