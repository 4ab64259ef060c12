/**
 * SpaceToBatchND and BatchToSpaceND. Around a convolution they are how TensorFlow dilates: the convolution of each phase
 * (every `block`-th row and column) is a convolution of the whole image with taps `block` apart.
 */
import { elements } from '../../graph/index.js';
import type { Value } from '../values.js';
import type { Call, Converters } from './call.js';
import type { GraphNode } from './definitions.js';

function spaceToBatch(call: Call): Value {
  const { name, builder } = call;
  const block = call.integers('blockShape');
  const x = call.value('x');
  const [before, after] = edges(call, 'paddings', x.shape.length, block.length);
  const padded = builder.pad(`${name}/pad`, x, before, after);
  const { consumers } = call.node;
  if (block.length === 2 && consumers.length > 0 && consumers.every(isDilated)) {
    const image = { ...padded };
    call.phases.set(image, [block[0], block[1]]);
    return image;
  }
  const [batch, ...rest] = padded.shape;
  const split = block.flatMap((size, i) => [rest[i] / size, size]);
  const inner = rest.slice(block.length);
  const cut = builder.reshape(padded, [batch, ...split, ...inner], `${name}/cut`);
  const offsets = block.map((_, i) => 2 * i + 2);
  const places = block.map((_, i) => 2 * i + 1);
  const order = [...offsets, 0, ...places, ...inner.map((_, i) => 1 + split.length + i)];
  const shape = [batch * elements(block), ...block.map((size, i) => rest[i] / size), ...inner];
  return builder.reshape(builder.transpose(cut, order, `${name}/transpose`), shape, name);
}

function batchToSpace(call: Call): Value {
  const { name, builder } = call;
  const block = call.integers('blockShape');
  const x = call.value('x');
  const whole = call.phases.has(x) ? x : interleaved(call, x, block);
  const [before, after] = edges(call, 'crops', whole.shape.length, block.length);
  const size = whole.shape.map((dim, axis) => dim - before[axis] - after[axis]);
  return builder.slice(name, whole, before, size);
}

/** [phases * batch, rows, columns, ...] -> [batch, rows * block, columns * block, ...] */
function interleaved({ name, builder }: Call, x: Value, block: number[]): Value {
  const [phases, ...rest] = x.shape;
  const batch = phases / elements(block);
  const cut = builder.reshape(x, [...block, batch, ...rest], `${name}/cut`);
  const count = block.length;
  const pairs = block.flatMap((_, i) => [count + 1 + i, i]);
  const inner = rest.slice(count);
  const order = [count, ...pairs, ...inner.map((_, i) => 2 * count + 1 + i)];
  const shape = [batch, ...block.map((size, i) => rest[i] * size), ...inner];
  return builder.reshape(builder.transpose(cut, order, `${name}/transpose`), shape, `${name}/whole`);
}

/** Pairs of numbers for the axes after the batch, as one number for each axis. */
function edges(
  call: Call,
  argument: string,
  rank: number,
  count: number,
): [before: number[], after: number[]] {
  const pairs = call.integers(argument);
  const block = call.integers('blockShape');
  if (pairs.length !== 2 * count || count >= rank || !block.every((size) => size >= 1))
    throw call.wrong(argument, `a pair for each of ${count} axes`, pairs);
  const of = (side: number): number[] => {
    return Array.from({ length: rank }, (_, axis) =>
      axis >= 1 && axis <= count ? pairs[2 * (axis - 1) + side] : 0,
    );
  };
  return [of(0), of(1)];
}

/** A convolution without padding or stride that only BatchToSpaceND reads. */
function isDilated({ op, attributes, consumers }: GraphNode): boolean {
  return (
    /Conv2[dD]/.test(op) &&
    attributes.pad === 'valid' &&
    (attributes.strides as number[]).every((stride) => stride === 1) &&
    consumers.length > 0 &&
    consumers.every((consumer) => consumer.op === 'BatchToSpaceND')
  );
}

export const spaceBatch: Converters = { BatchToSpaceND: batchToSpace, SpaceToBatchND: spaceToBatch };
