import type { GraphIndex, Node } from '../../graph/index.js';
import { attributesOf } from '../../ops/check.js';
import type { Neighbours } from '../../ops/interpolate.js';
import { resizeNeighbours } from '../../ops/resize2d.js';
import { eachNode } from '../rewrite.js';
import { becomeView } from './movement.js';
import { gatherEach } from './pad.js';

/**
 * A linear resize interpolates rows, then columns; a nearest one is a view where each row and column is repeated the same
 * number of times, else a gather along each axis.
 */
export const lowerResize = eachNode((index, node) => {
  if (node.op !== 'resize2d') return;
  const { shape } = index.tensor(node.inputs[0]);
  const attributes = attributesOf(node);
  const axes = resizeNeighbours(shape, attributes)
    .map((neighbours, axis) => ({ neighbours, axis }))
    .filter(({ neighbours, axis }) => !isIdentity(neighbours, shape[axis]));
  if (axes.length === 0) index.bypass(node);
  else if (attributes.mode === 'linear') interpolateEach(index, node, axes);
  else if (axes.every(({ neighbours, axis }) => isRepeat(neighbours.lower, shape[axis]))) {
    const [tall, wide] = index.outputOf(node).shape;
    const [height, width, channels] = shape;
    const dims = [height, tall / height, width, wide / width, channels];
    becomeView(index, node, { dims, strides: [width * channels, 0, channels, 0, 1], offset: 0 });
  } else
    gatherEach(
      index,
      node,
      new Map(axes.map(({ neighbours, axis }) => [axis, Array.from(neighbours.lower)])),
    );
});

function isIdentity({ lower, fraction }: Neighbours, length: number): boolean {
  const read = Array.from(lower);
  return read.length === length && read.every((from, i) => from === i && fraction[i] === 0);
}

/** True where each element is read the same number of times, in order. */
function isRepeat(lower: ArrayLike<number>, length: number): boolean {
  const times = lower.length / length;
  return Number.isInteger(times) && Array.from(lower).every((from, i) => from === Math.floor(i / times));
}

/** `node` becomes one interpolation along each axis. */
function interpolateEach(
  index: GraphIndex,
  node: Node,
  axes: readonly { neighbours: Neighbours; axis: number }[],
): void {
  let [from] = node.inputs;
  axes.forEach(({ neighbours, axis }, i) => {
    const name = `${node.name}/axis${axis}`;
    const weights = addNeighbours(index, name, neighbours);
    const parts = { op: 'interpolate', inputs: [from], attributes: { axis }, weights };
    if (i === axes.length - 1) index.change(node, parts);
    else {
      const shape = index.tensor(from).shape.with(axis, neighbours.lower.length);
      [from] = index.insert({ name, ...parts, output: { shape, dtype: 'f32' } }).outputs;
    }
  });
}

function addNeighbours(
  index: GraphIndex,
  name: string,
  { lower, upper, fraction }: Neighbours,
): Node['weights'] {
  const shape = [lower.length];
  const add = (role: string, dtype: 'i32' | 'f32', data: Int32Array | Float32Array): string =>
    index.addWeight(`${name}/${role}`, { shape, dtype, data, block: [1, 1] });
  return {
    lower: add('lower', 'i32', Int32Array.from(lower)),
    upper: add('upper', 'i32', Int32Array.from(upper)),
    fraction: add('fraction', 'f32', Float32Array.from(fraction)),
  };
}
