/**
 * What flows between ONNX nodes. ONNX counts channels second, the graph counts them last: an operand keeps ONNX' shape
 * and says how its numbers lie. Transposes and reshapes only change what is said, and a transpose reaches the graph
 * where an operator needs the numbers in another order.
 */
import { elements } from '../../graph/index.js';
import { ImportError } from '../errors.js';
import type { ForeignBuilder } from '../foreign-builder.js';
import { broadcastShape, type Value } from '../values.js';
import type { Kind } from './tensors.js';

export interface Operand {
  /** As ONNX counts it. */
  shape: number[];
  /** The numbers, in the order they lie. */
  stored: Value;
  /** The axes that `stored` is seen with: as many elements, perhaps another shape. */
  sizes: number[];
  /**
   * For each axis of `shape` the stored axes that it is made of, major first: `[[0], [3], [1], [2]]` is an image
   * that lies channels last, `[[0], [3, 1, 2]]` the same image flattened.
   */
  axes: number[][];
  kind: Kind;
  /** Scale and zero point of a value that ONNX holds as whole numbers: the stored numbers are real, or int8. */
  codes?: Codes;
  /** The codes that this operand is the real value of, where they are kept: an int8 tensor or a constant. */
  int8?: Operand;
  /** True behind a fused activation, so that the model's own node for it has nothing to do. */
  isClamped?: boolean;
}

/** `real = scale * (code - zeroPoint)`, one of each, or one for each element of `axis`. */
export interface Codes {
  scale: ArrayLike<number>;
  zeroPoint: ArrayLike<number>;
  axis: number;
  /** Least and greatest code. */
  range: [number, number];
}

/** How a value lies: `order[i]` is ONNX' axis at stored axis i. */
export type Order = readonly number[];

/** A value as it lies, in ONNX' own order. */
export function natural(stored: Value, kind: Kind): Operand {
  return ordered(stored, kind, naturalOrder(stored.shape.length));
}

/** A value whose stored axis i is ONNX' axis `order[i]`. */
export function ordered(stored: Value, kind: Kind, order: Order): Operand {
  const axes = order.map((_, axis) => [order.indexOf(axis)]);
  const shape = axes.map(([at]) => stored.shape[at]);
  return { shape, stored, sizes: stored.shape, axes, kind };
}

export function naturalOrder(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** `[0, 2, ..., rank - 1, 1]` */
export function channelsLast(rank: number): number[] {
  return [0, ...naturalOrder(rank).slice(2), 1];
}

/** The operand's axes in the order of `permutation`: nothing moves. */
export function permute(x: Operand, permutation: readonly number[]): Operand {
  return {
    ...moved(x),
    sizes: x.sizes,
    shape: permutation.map((axis) => x.shape[axis]),
    axes: permutation.map((axis) => x.axes[axis]),
  };
}

/** What still holds once the numbers are seen in another shape: a scale for each element of an axis does not. */
function moved(x: Operand): Pick<Operand, 'stored' | 'kind' | 'codes'> {
  const { stored, kind, codes } = x;
  return codes?.scale.length === 1 ? { stored, kind, codes } : { stored, kind };
}

/**
 * The operand in another shape of as many elements; undefined where its stored axes cannot be cut so and the numbers
 * must be put in order first.
 */
export function reshapeView(x: Operand, shape: readonly number[]): Operand | undefined {
  const sizes = x.sizes.slice();
  const axes = x.axes.map((list) => list.slice());
  const factors = axes.flat().filter((axis) => sizes[axis] > 1);
  const cut: number[][] = [];
  for (const dim of shape) {
    const taken: number[] = [];
    let rest = dim;
    while (rest > 1) {
      const axis = factors.shift()!;
      if (rest % sizes[axis] === 0) {
        rest /= sizes[axis];
        taken.push(axis);
      } else if (sizes[axis] % rest === 0) {
        splitAxis(sizes, [factors, taken, ...cut], axis, rest);
        taken.push(axis);
        factors.unshift(axis + 1);
        rest = 1;
      } else return undefined;
    }
    cut.push(taken);
  }
  return { ...moved(x), shape: shape.slice(), sizes, axes: cut };
}

/** Stored axis `axis` becomes two, of `major` and of what is left; the axes behind it count one more. */
function splitAxis(sizes: number[], lists: readonly number[][], axis: number, major: number): void {
  sizes.splice(axis, 1, major, sizes[axis] / major);
  for (const list of lists) list.forEach((at, i) => (list[i] = at > axis ? at + 1 : at));
}

/** The order of ONNX' axes that the operand's numbers come nearest to. */
export function orderOf(x: Operand): number[] {
  const places = x.axes.map(([first]) => first);
  for (let axis = places.length - 1; axis >= 0; axis--) {
    places[axis] ??= axis === 0 ? -1 : (places[axis + 1] ?? x.sizes.length) - 0.5;
  }
  return naturalOrder(x.shape.length).sort((a, b) => places[a] - places[b] || a - b);
}

/** True where the operand's numbers lie in ONNX' order. */
export function isNatural(x: Operand): boolean {
  return ascends(x.axes.flat().filter((axis) => x.sizes[axis] > 1));
}

function ascends(list: readonly number[]): boolean {
  return list.every((at, i) => i === 0 || at > list[i - 1]);
}

/**
 * The operand's numbers with ONNX' axes in `order`, transposed where they lie otherwise.
 * @param shape to give it, of as many elements; default: the axes' sizes
 */
export function arrange(
  b: ForeignBuilder,
  x: Operand,
  order: Order,
  name: string,
  shape: readonly number[] = order.map((axis) => x.shape[axis]),
): Value {
  if (isNatural(x) && ascends(order) && `${x.stored.shape}` === `${shape}`) return x.stored;
  const wanted = order.flatMap((axis) => x.axes[axis]).filter((axis) => x.sizes[axis] > 1);
  if (ascends(wanted)) return b.reshape(x.stored, shape, `${name}/reshape`);
  const runs = runsOf(wanted);
  const lying = runs.slice().sort((one, other) => one[0] - other[0]);
  const merged = lying.map((run) => elements(run.map((axis) => x.sizes[axis])));
  const flat = b.reshape(x.stored, [1, ...merged], `${name}/view`);
  const turned = b.transpose(flat, [0, ...runs.map((run) => lying.indexOf(run) + 1)], `${name}/transpose`);
  return b.reshape(turned, shape, `${name}/reshape`);
}

/** Neighbours that stay neighbours, as lists. */
function runsOf(axes: readonly number[]): number[][] {
  const sorted = axes.slice().sort((a, b) => a - b);
  const runs: number[][] = [];
  for (const axis of axes) {
    const last = runs.at(-1)?.at(-1);
    if (last !== undefined && sorted[sorted.indexOf(last) + 1] === axis) runs.at(-1)!.push(axis);
    else runs.push([axis]);
  }
  return runs;
}

/** The operand in ONNX' order. */
export function arrangeNaturally(b: ForeignBuilder, x: Operand, name: string): Value {
  return arrange(b, x, naturalOrder(x.shape.length), name);
}

/** The operand in another shape: a view where that will do. */
export function reshape(b: ForeignBuilder, x: Operand, shape: readonly number[], name: string): Operand {
  if (elements(shape) !== elements(x.shape))
    throw new ImportError(
      'shape',
      `expected a shape of ${elements(x.shape)} elements as [${x.shape}] has, got [${shape}]`,
    );
  const view = reshapeView(x, shape);
  if (view) return view;
  return natural(b.reshape(arrangeNaturally(b, x, name), shape, `${name}/reshape`), x.kind);
}

/** Operands of an operator that works on each element alone, laid out alike. */
export interface Aligned {
  values: Value[];
  /** Stored shape of the output. */
  shape: number[];
  /** The output, given the value that the operator makes of `values`. */
  output(stored: Value, kind: Kind): Operand;
}

/**
 * Lays operands that broadcast like the one that has the output's shape, the one not in ONNX' order first: constants
 * are transposed at once, and an image meets another one channels last.
 */
export function align(b: ForeignBuilder, operands: readonly Operand[], name: string): Aligned {
  const shape = operands.map((x) => x.shape).reduce((one, other) => broadcastShape(one, other, name));
  const leader = leaderOf(operands, shape);
  if (!leader || leader.sizes.length > 7) {
    const values = operands.map((x) => arrangeNaturally(b, x, name));
    return { values, shape, output: natural };
  }
  const values = operands.map((x) => (x === leader ? asSeen(b, x, name) : layLike(b, x, leader, name)));
  const { sizes, axes } = leader;
  return { values, shape: sizes, output: (stored, kind) => ({ shape, stored, sizes, axes, kind }) };
}

function leaderOf(operands: readonly Operand[], shape: readonly number[]): Operand | undefined {
  const full = operands.filter((x) => `${x.shape}` === `${shape}`);
  const moving = full.filter((x) => x.stored.tensor !== undefined);
  return moving.find((x) => !isNatural(x)) ?? moving[0] ?? full[0];
}

function asSeen(b: ForeignBuilder, x: Operand, name: string): Value {
  return b.reshape(x.stored, x.sizes, `${name}/reshape`);
}

/** `x`, which broadcasts to `leader`, with a stored axis for each of the leader's. */
function layLike(b: ForeignBuilder, x: Operand, leader: Operand, name: string): Value {
  if (elements(x.shape) === 1)
    return b.reshape(
      x.stored,
      leader.sizes.map(() => 1),
      name,
    );
  const missing = leader.shape.length - x.shape.length;
  const factors = leader.axes.map((list, axis) => {
    const stretches = axis < missing || x.shape[axis - missing] === 1;
    return list.map((at) => ({ at, size: stretches ? 1 : leader.sizes[at] }));
  });
  const cut = reshape(
    b,
    x,
    factors.flat().map(({ size }) => size),
    name,
  );
  const places = factors.flat().map(({ at }) => at);
  const order = naturalOrder(places.length).sort((one, other) => places[one] - places[other]);
  const sizes = leader.sizes.map(() => 1);
  factors.flat().forEach(({ at, size }) => (sizes[at] = size));
  return arrange(b, cut, order, name, sizes);
}
