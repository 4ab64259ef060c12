/**
 * How channels run through an operator: what has to shrink together when a channel is taken out of a network
 * (src/compress/structure). One rule an operator, as in Fang et al. 2023, "DepGraph". Most share one of these.
 */
import type { Attribute, Tensor, Weight } from '../graph/graph.js';
import type { NodeView } from './op.js';

/** Positions along one axis of a node's input, output or weight, and the channel that each belongs to. */
export interface ChannelAxis {
  of: Tensor | Weight;
  axis: number;
  /** Channel of position `i` along the axis; absent: channel `i`. */
  channel?(i: number): number;
}

/** Axes whose positions of one channel are kept or taken out together. Channels are numbered by the set alone. */
export type ChannelSet = ChannelAxis[];

/** What is known so far of an axis: its positions' units, equal where they go together, 0 where they have to stay. */
export type UnitsAlong = (of: Tensor | Weight, axis: number) => ArrayLike<number>;

/** Which positions along an axis are kept: 1, or 0. */
export type KeptAlong = (of: Tensor | Weight, axis: number) => Uint8Array;

/** How channels run through one operator. */
export interface ChannelRule {
  /**
   * What goes together. Axes that no set has keep their length; positions of an axis that a set has in part are free. What is
   * taken out must not change the rest: where nothing reads a channel, it is as if it were not there.
   */
  sets(view: NodeView, units: UnitsAlong): ChannelSet[];
  /** Attributes that change with what is kept. `view` is the node before. */
  attributes?(view: NodeView, kept: KeptAlong): Record<string, Attribute>;
}

/** One value from one value, or all along an axis that has no channels: y has x's axes but for `barred`, counted from the end. */
export function sameAxes(...barred: number[]): ChannelRule {
  return {
    sets: ({ inputs: [x], outputs: [y] }) =>
      x.shape
        .map((_, axis) => axis)
        .filter((axis) => !barred.includes(axis - x.shape.length))
        .map((axis) => [
          { of: x, axis },
          { of: y, axis },
        ]),
  };
}

/** Each channel of an image by itself: the last axis of x and of y, and every weight, go together. */
export const lastAxis: ChannelRule = {
  sets: ({ inputs: [x], outputs: [y], weights }) => [
    [...[x, y].map((of) => ({ of, axis: of.shape.length - 1 })), ...whole(Object.values(weights))],
  ],
};

/** Numpy's broadcasting: each axis of y goes with that of every input that does not stretch along it. */
export const broadcastChannels: ChannelRule = {
  sets: ({ inputs, outputs: [y] }) =>
    y.shape.map((dim, axis) => {
      const own = inputs
        .map((of) => ({ of, axis: axis - y.shape.length + of.shape.length }))
        .filter(({ of, axis }) => of.shape[axis] === dim);
      return [...own, { of: y, axis }];
    }),
};

/** `y = W x + b`: inputs are a channel each, and outputs. */
export const denseChannels: ChannelRule = {
  sets: ({ inputs: [x], outputs: [y], weights }) => [
    [
      { of: x, axis: 0 },
      { of: weights.kernel, axis: 1 },
    ],
    [{ of: y, axis: 0 }, ...outputsOf(weights)],
  ],
};

/** Output channel c*M+m is of input channel c. */
export const depthwiseChannels: ChannelRule = {
  sets({ inputs: [x], outputs: [y], weights }) {
    const multiplier = y.shape[2] / x.shape[2];
    const channel = (o: number): number => Math.floor(o / multiplier);
    const outputs = [{ of: y, axis: 2 }, ...outputsOf(weights)];
    return [[{ of: x, axis: 2 }, ...outputs.map((axis) => ({ ...axis, channel }))]];
  },
};

/**
 * Inputs of a convolution are a channel each, and outputs. With groups, either every group loses the same channels of its own,
 * or whole groups go, inputs and outputs: what cuts finer.
 */
export const convolutionChannels: ChannelRule = {
  sets({ inputs: [x], outputs: [y], weights, attributes }) {
    const groups = attributes.groups as number;
    const [inputs, outputs] = [x.shape[2] / groups, y.shape[2] / groups];
    const read = { of: x, axis: 2 };
    const written = [{ of: y, axis: 2 }, ...outputsOf(weights)];
    if (loseGroups(groups, inputs)) {
      const channel = (o: number): number => Math.floor(o / outputs);
      return [
        [
          { ...read, channel: (i) => Math.floor(i / inputs) },
          ...written.map((axis) => ({ ...axis, channel })),
        ],
      ];
    }
    const channel = (o: number): number => o % outputs;
    return [
      [
        { ...read, channel: (i) => i % inputs },
        { of: weights.kernel, axis: 3 },
      ],
      written.map((axis) => ({ ...axis, channel })),
    ];
  },
  attributes({ inputs: [x], attributes }, kept) {
    const groups = attributes.groups as number;
    const inputs = x.shape[2] / groups;
    return { groups: loseGroups(groups, inputs) ? countKept(kept(x, 2)) / inputs : groups };
  },
};

function loseGroups(groups: number, inputs: number): boolean {
  return groups > 1 && groups >= inputs;
}

/** Axis 0 of every weight as long as the kernel: kernel, bias, a scale each. */
function outputsOf(weights: Record<string, Weight>): ChannelAxis[] {
  return whole(Object.values(weights).filter(({ shape }) => shape[0] === weights.kernel.shape[0]));
}

function whole(arrays: Weight[]): ChannelAxis[] {
  return arrays.map((of) => ({ of, axis: 0 }));
}

/** How many of `kept[from..to)` are kept. */
export function countKept(kept: Uint8Array, from = 0, to = kept.length): number {
  return kept.subarray(from, to).reduce((sum, one) => sum + one, 0);
}
