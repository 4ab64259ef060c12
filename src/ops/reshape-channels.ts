import { elements, type Tensor } from '../graph/graph.js';
import type { ChannelRule, ChannelSet } from './channels.js';
import { Classes } from './classes.js';

/**
 * The same values in another shape. Neighbouring axes of x become neighbouring axes of y; where x has channels along one of
 * them, they go on along that axis of y which ties fewest of them together: HWC flattened keeps its C, G*K cut into [G,K] the
 * longer of both.
 */
export const reshapeChannels: ChannelRule = {
  sets({ inputs: [x], outputs: [y] }, units) {
    return alignedAxes(x.shape, y.shape).flatMap(([from, to]) => {
      const free = from.map((axis) => ({ axis, count: distinct(units(x, axis)) }));
      const { axis, count } = free.reduce((a, b) => (b.count > a.count ? b : a), { axis: -1, count: 0 });
      if (count === 0) return [];
      const ties = to.map((other) => tie(x, axis, from, units(x, axis), y, other, to));
      return [ties.reduce((a, b) => (b.channels > a.channels ? b : a)).set];
    });
  },
};

/** Units that may go. */
function distinct(units: ArrayLike<number>): number {
  return new Set(Array.from(units).filter((unit) => unit !== 0)).size;
}

/** Runs of axes of x and of y that hold the same elements, as short as they can be: [H,W,C] and [H*W,C] are HW with HW, C with C. */
function alignedAxes(x: readonly number[], y: readonly number[]): [number[], number[]][] {
  const runs: [number[], number[]][] = [];
  let [i, j] = [0, 0];
  while (i < x.length && j < y.length) {
    const from = [i++];
    const to = [j++];
    while (sizeOf(x, from) !== sizeOf(y, to)) {
      if (sizeOf(x, from) < sizeOf(y, to)) from.push(i++);
      else to.push(j++);
    }
    runs.push([from, to]);
  }
  return runs;
}

function sizeOf(shape: readonly number[], axes: readonly number[]): number {
  return elements(axes.map((axis) => shape[axis]));
}

/** The set in which axis `a` of x and axis `b` of y go together, element by element, and how many channels that leaves. */
function tie(
  x: Tensor,
  a: number,
  from: readonly number[],
  units: ArrayLike<number>,
  y: Tensor,
  b: number,
  to: readonly number[],
): { set: ChannelSet; channels: number } {
  const classes = new Classes(x.shape[a] + y.shape[b]);
  const first = new Map<number, number>();
  for (let i = 0; i < units.length; i++) {
    if (first.has(units[i])) classes.join(first.get(units[i])!, i);
    else first.set(units[i], i);
  }
  const [reach, step] = [strideOf(x.shape, a, from), strideOf(y.shape, b, to)];
  for (let p = 0; p < sizeOf(x.shape, from); p++) {
    const i = Math.floor(p / reach) % x.shape[a];
    const j = Math.floor(p / step) % y.shape[b];
    classes.join(i, x.shape[a] + j);
  }
  const set = [
    { of: x, axis: a, channel: (i: number) => classes.of(i) },
    { of: y, axis: b, channel: (j: number) => classes.of(x.shape[a] + j) },
  ];
  return { set, channels: classes.count() };
}

function strideOf(shape: readonly number[], axis: number, run: readonly number[]): number {
  return elements(run.filter((other) => other > axis).map((other) => shape[other]));
}
