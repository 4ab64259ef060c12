/**
 * Operators that are one view of their input: y's elements are x's, found by a sum of strides. The table gives each
 * one's view; lowering writes that view into the file.
 */
import { elements, type Attribute } from '../graph/graph.js';
import { oneOf, wholeOf, wholesOf } from './attributes.js';
import { broadcastShape, broadcastView } from './broadcast.js';
import { broadcastChannels, countKept, type ChannelRule } from './channels.js';
import type { OpSpec } from './op.js';
import { pick, positionsOf, rowStrides, type View } from './positions.js';
import { F32_OR_INT8, NO_WEIGHTS } from './spec.js';
import { takeEach } from './take.js';

type Attributes = Record<string, Attribute>;

interface Movement {
  attributes: OpSpec['attributes'];
  /** The output's shape for an input of `shape`; RangeError where the attributes do not fit it. */
  inferShape(shape: number[], attributes: Attributes): number[];
  /** Absent: all axes stay as they are. */
  channels?: ChannelRule;
  /** For attributes that fit. Its dims need not be the output's: the elements are the same, row-major. */
  view(shape: number[], attributes: Attributes): View;
}

const transpose: Movement = {
  attributes: { permutation: undefined },
  inferShape(shape, attributes) {
    const permutation = wholesOf(attributes, 'permutation', shape.length, 0);
    if (!shape.every((_, axis) => permutation.includes(axis))) {
      throw new RangeError(`permutation: expected each axis of [${shape}] once, got [${permutation}]`);
    }
    return permutation.map((axis) => shape[axis]);
  },
  channels: {
    sets: ({ inputs: [x], outputs: [y], attributes }) =>
      (attributes.permutation as number[]).map((from, axis) => [
        { of: x, axis: from },
        { of: y, axis },
      ]),
  },
  view(shape, { permutation }) {
    const order = permutation as number[];
    const strides = rowStrides(shape);
    return {
      dims: order.map((axis) => shape[axis]),
      strides: order.map((axis) => strides[axis]),
      offset: 0,
    };
  },
};

const slice: Movement = {
  attributes: { begin: undefined, size: undefined, strides: [] },
  inferShape(shape, attributes) {
    const begin = wholesOf(attributes, 'begin', shape.length, 0);
    const size = wholesOf(attributes, 'size', shape.length, 1);
    const strides = stepsOf(shape, attributes);
    shape.forEach((dim, axis) => {
      const last = begin[axis] + (size[axis] - 1) * strides[axis];
      if (begin[axis] < dim && last >= 0 && last < dim) return;
      const got = `${begin[axis]} to ${last}`;
      throw new RangeError(
        `begin, size, strides: expected indices in 0..${dim - 1} of axis ${axis}, got ${got}`,
      );
    });
    return size;
  },
  channels: {
    sets: ({ inputs: [x], outputs: [y], attributes }) => {
      const begin = attributes.begin as number[];
      const steps = stepsOf(x.shape, attributes);
      const whole = x.shape.map((_, axis) => axis).filter((axis) => steps[axis] === 1);
      return whole.map((axis) => [
        { of: x, axis },
        { of: y, axis, channel: (i) => begin[axis] + i },
      ]);
    },
    attributes: ({ inputs: [x], outputs: [y], attributes }, kept) => ({
      begin: (attributes.begin as number[]).map((begin, axis) =>
        stepsOf(x.shape, attributes)[axis] === 1 ? countKept(kept(x, axis), 0, begin) : begin,
      ),
      size: y.shape.map((_, axis) => countKept(kept(y, axis))),
    }),
  },
  view(shape, attributes) {
    const steps = stepsOf(shape, attributes);
    const strides = rowStrides(shape);
    const begin = attributes.begin as number[];
    return {
      dims: attributes.size as number[],
      strides: strides.map((stride, axis) => stride * steps[axis]),
      offset: begin.reduce((sum, index, axis) => sum + index * strides[axis], 0),
    };
  },
};

function stepsOf(shape: number[], attributes: Attributes): number[] {
  const { strides } = attributes;
  if (Array.isArray(strides) && strides.length === 0) return shape.map(() => 1);
  return wholesOf(attributes, 'strides', shape.length, -Infinity);
}

const tile: Movement = {
  attributes: { repeats: undefined },
  inferShape(shape, attributes) {
    const repeats = wholesOf(attributes, 'repeats', shape.length, 1);
    return shape.map((dim, axis) => dim * repeats[axis]);
  },
  channels: {
    sets: ({ inputs: [x], outputs: [y] }) =>
      x.shape.map((dim, axis) => [
        { of: x, axis },
        { of: y, axis, channel: (i) => i % dim },
      ]),
  },
  view(shape, { repeats }) {
    return {
      dims: shape.flatMap((dim, axis) => [(repeats as number[])[axis], dim]),
      strides: rowStrides(shape).flatMap((stride) => [0, stride]),
      offset: 0,
    };
  },
};

const expand: Movement = {
  attributes: { shape: undefined },
  inferShape(shape, attributes) {
    const target = wholesOf(attributes, 'shape', undefined, 1);
    if (`${broadcastShape(shape, target)}` === `${target}`) return target;
    throw new RangeError(`shape: expected one that [${shape}] broadcasts to, got [${target}]`);
  },
  channels: {
    sets: broadcastChannels.sets,
    attributes: ({ outputs: [y] }, kept) => ({ shape: y.shape.map((_, axis) => countKept(kept(y, axis))) }),
  },
  view: (shape, attributes) => broadcastView(shape, attributes.shape as number[]),
};

/** [H,W,b*b*C] -> [H*b,W*b,C]; `dcr`: input channel (dy*b + dx)*C + c, `crd`: c*b*b + dy*b + dx. */
const depthToSpace: Movement = {
  attributes: { block: undefined, mode: 'dcr' },
  inferShape(shape, attributes) {
    const [height, width, channels] = image(shape);
    const block = blockOf(attributes);
    if (channels % block ** 2 === 0) return [height * block, width * block, channels / block ** 2];
    throw new RangeError(`block: expected its square to divide ${channels} channels, got ${block}`);
  },
  view([height, width, channels], attributes) {
    const block = blockOf(attributes);
    const depth = channels / block ** 2;
    const [dy, dx, c] = attributes.mode === 'dcr' ? [block * depth, depth, 1] : [block, 1, block ** 2];
    return {
      dims: [height, block, width, block, depth],
      strides: [width * channels, dy, channels, dx, c],
      offset: 0,
    };
  },
};

/** [H,W,C] -> [H/b,W/b,b*b*C], with output channels numbered as depth_to_space numbers its input's. */
const spaceToDepth: Movement = {
  attributes: { block: undefined, mode: 'dcr' },
  inferShape(shape, attributes) {
    const [height, width, channels] = image(shape);
    const block = blockOf(attributes);
    if (height % block === 0 && width % block === 0) {
      return [height / block, width / block, channels * block ** 2];
    }
    throw new RangeError(`block: expected one that divides ${height} and ${width}, got ${block}`);
  },
  view([height, width, channels], attributes) {
    const block = blockOf(attributes);
    const row = width * channels;
    const inner =
      attributes.mode === 'dcr'
        ? { dims: [block, block, channels], strides: [row, channels, 1] }
        : { dims: [channels, block, block], strides: [1, row, channels] };
    return {
      dims: [height / block, width / block, ...inner.dims],
      strides: [block * row, block * channels, ...inner.strides],
      offset: 0,
    };
  },
};

function image(shape: number[]): number[] {
  if (shape.length === 3) return shape;
  throw new RangeError(`input: expected [height, width, channels], got [${shape}]`);
}

function blockOf(attributes: Attributes): number {
  oneOf(attributes, 'mode', ['dcr', 'crd']);
  return wholeOf(attributes, 'block', 1);
}

const MOVEMENTS: Record<string, Movement> = {
  transpose,
  slice,
  tile,
  expand,
  depth_to_space: depthToSpace,
  space_to_depth: spaceToDepth,
};

export const movements: OpSpec[] = Object.entries(MOVEMENTS).map(([name, movement]) => ({
  name,
  attributes: movement.attributes,
  inputs: 1,
  dtypes: F32_OR_INT8,
  keepsQuantization: true,
  weights: NO_WEIGHTS,
  channels: movement.channels,
  prunable: [],
  inferShape: ({ inputs: [{ shape }], attributes }) => [...movement.inferShape(shape, attributes)],
  reference({ inputs: [{ shape }], attributes }, [x]) {
    return pick(x, positionsOf(movement.view(shape, attributes)));
  },
  train({ attributes, inputs: [x], outputShape }) {
    return takeEach(x, positionsOf(movement.view(x.shape.slice(1), attributes)), outputShape);
  },
}));

/**
 * The view that a node of one of these operators is; undefined for any other.
 * @param shape of its input
 * @param attributes with defaults filled in
 */
export function movementView(op: string, shape: number[], attributes: Attributes): View | undefined {
  return Object.hasOwn(MOVEMENTS, op) ? MOVEMENTS[op].view(shape, attributes) : undefined;
}

/** A view as the file's own operator: see docs/operators.md, "In files". */
export const view: OpSpec = {
  name: 'view',
  attributes: { dims: undefined, strides: undefined, offset: 0 },
  inputs: 1,
  dtypes: F32_OR_INT8,
  keepsQuantization: true,
  freeShape: true,
  weights: NO_WEIGHTS,
  prunable: [],
  inferShape({ inputs: [{ shape }], attributes }) {
    const { dims, strides, offset } = viewOf(attributes);
    const reach = (sign: 1 | -1): number =>
      dims.reduce((at, dim, k) => at + Math.max(0, sign * strides[k]) * sign * (dim - 1), offset);
    if (reach(-1) < 0 || reach(1) >= elements(shape)) {
      const got = `${reach(-1)} to ${reach(1)}`;
      throw new RangeError(`view: expected positions in 0..${elements(shape) - 1}, got ${got}`);
    }
    return [elements(dims)];
  },
  reference: ({ attributes }, [x]) => pick(x, positionsOf(viewOf(attributes))),
  train: ({ attributes, inputs: [x], outputShape }) =>
    takeEach(x, positionsOf(viewOf(attributes)), outputShape),
};

const MOST_DIMS = 8;

function viewOf(attributes: Attributes): View {
  const dims = wholesOf(attributes, 'dims', undefined, 1);
  if (dims.length > MOST_DIMS) {
    throw new RangeError(`dims: expected at most ${MOST_DIMS}, got [${dims}]`);
  }
  const strides = wholesOf(attributes, 'strides', dims.length, -Infinity);
  return { dims, strides, offset: wholeOf(attributes, 'offset', 0) };
}
