import { elements } from '../graph/index.js';
import { attributesOf } from '../ops/check.js';
import { near } from './constants.js';
import { lineOf } from './patterns/algebra.js';
import { eachNode } from './rewrite.js';

/** A sum divided by how many it adds up is a mean. */
export const recognizeMean = eachNode((index, node) => {
  if (node.op !== 'mul' && node.op !== 'div') return;
  const { x, a, b } = lineOf(index, node.outputs[0]);
  const sum = index.producerOf(x);
  if (sum?.op !== 'reduce_sum' || b !== 0) return;
  const { shape } = index.tensor(sum.inputs[0]);
  const count = elements((attributesOf(sum).axes as number[]).map((axis) => shape[axis]));
  const keeps = `${index.tensor(x).shape}` === `${index.outputOf(node).shape}`;
  if (near(a * count, 1) && keeps)
    index.change(node, { op: 'reduce_mean', inputs: sum.inputs, attributes: sum.attributes });
});

/** The mean of an image over its rows and columns is global_avg_pool2d, its maximum global_max_pool2d. */
export const recognizeGlobalPool = eachNode((index, node) => {
  const pool = { reduce_mean: 'global_avg_pool2d', reduce_max: 'global_max_pool2d' }[node.op];
  if (!pool) return;
  const { shape } = index.tensor(node.inputs[0]);
  const axes = (attributesOf(node).axes as number[]).toSorted((a, b) => a - b);
  if (shape.length !== 3 || `${axes}` !== '0,1') return;
  const output = { shape: shape.slice(2), dtype: 'f32' as const };
  if (`${index.outputOf(node).shape}` === `${output.shape}`) index.change(node, { op: pool, attributes: {} });
  else {
    const { name, inputs } = node;
    const pooled = index.insert({ name: `${name}/pool`, op: pool, inputs, output });
    index.change(node, { op: 'reshape', inputs: pooled.outputs, attributes: {} });
  }
});
