import { elements, type GraphIndex, type Node } from '../../graph/index.js';
import { attributesOf } from '../../ops/check.js';
import { eachNode } from '../rewrite.js';

const POOLS: Record<string, string> = { reduce_mean: 'global_avg_pool2d', reduce_max: 'global_max_pool2d' };

/**
 * A file's reduction is over neighbouring axes: one over several runs of axes is several, last run first. Axes of 1 reduce
 * nothing. Means and maxima over all axes but the last ones are global pools, which have an int8 form.
 */
export const lowerReduce = eachNode((index, node) => {
  if (!node.op.startsWith('reduce_')) return;
  const { shape } = index.tensor(node.inputs[0]);
  const axes = attributesOf(node).axes as number[];
  const runs = runsOf(shape, axes);
  const pool = POOLS[node.op];
  if (
    runs.length === 1 &&
    pool &&
    elements(shape.slice(0, runs[0][0])) === 1 &&
    runs[0].at(-1)! < shape.length - 1
  )
    becomePool(index, node, pool, runs[0]);
  else if (runs.length === 1 && `${runs[0]}` === `${axes.toSorted((a, b) => a - b)}`)
    index.setAttributes(node, { axes: runs[0] });
  else becomeReductions(index, node, runs);
});

/** Runs of neighbouring axes that have more than one element to reduce, with axes of 1 between them. */
function runsOf(shape: readonly number[], axes: readonly number[]): number[][] {
  const runs: number[][] = [];
  const long = axes.filter((axis) => shape[axis] > 1).toSorted((a, b) => a - b);
  for (const axis of long) {
    const run = runs.at(-1);
    const from = (run?.at(-1) ?? axis) + 1;
    const between = Array.from({ length: axis - from }, (_, i) => from + i);
    if (run && between.every((other) => shape[other] === 1)) run.push(...between, axis);
    else runs.push([axis]);
  }
  return runs;
}

function becomePool(index: GraphIndex, node: Node, op: string, run: readonly number[]): void {
  const { shape } = index.tensor(node.inputs[0]);
  const isImage = shape.length === 3 && run.at(-1) === 1;
  const count = elements(shape.slice(0, run.at(-1)! + 1));
  const channels = elements(shape) / count;
  const image = isImage ? node.inputs[0] : reshaped(index, node, 'pixels', [1, count, channels]);
  if (`${index.outputOf(node).shape}` === `${channels}`) {
    index.change(node, { op, inputs: [image], attributes: {} });
    return;
  }
  const output = { shape: [channels], dtype: 'f32' as const };
  const pooled = index.insert({ name: `${node.name}/pool`, op, inputs: [image], output });
  index.change(node, { op: 'reshape', inputs: pooled.outputs, attributes: {} });
}

function becomeReductions(index: GraphIndex, node: Node, runs: readonly number[][]): void {
  let [from] = node.inputs;
  for (const run of runs.toReversed()) {
    const shape = index.tensor(from).shape.map((dim, axis) => (run.includes(axis) ? 1 : dim));
    const { name, op } = node;
    const attributes = { axes: run, keepdims: 1 };
    const output = { shape, dtype: 'f32' as const };
    [from] = index.insert({ name: `${name}/axis${run[0]}`, op, inputs: [from], attributes, output }).outputs;
  }
  index.change(node, { op: 'reshape', inputs: [from], attributes: {} });
}

function reshaped(index: GraphIndex, node: Node, name: string, shape: number[]): string {
  const output = { shape, dtype: 'f32' as const };
  return index.insert({ name: `${node.name}/${name}`, op: 'reshape', inputs: node.inputs, output })
    .outputs[0];
}
