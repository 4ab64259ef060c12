/** Two executors compared layer by layer: where a wrong operator shows. */
import { OutputMeter } from './difference.js';
import type { Executor, Layer, Values } from './executor.js';
import { transposed } from '../../graph/index.js';

/** One layer that both executors name. */
export interface LayerDifference {
  name: string;
  /** Of `a`: the later layer, an activation or a norm, that the layer of this name in `b` applies itself. */
  until?: string;
  a: string;
  b: string;
  max: number;
  mean: number;
  /** By the layer's greatest magnitude. */
  max_relative: number;
  /** True of the first layer whose difference is far above that of all layers before it. */
  jump: boolean;
}

/** A layer's relative difference is a jump from here on where it is this many times the greatest before it. */
const JUMP = 8;
/** Relative differences below are rounding: of f32 sums of some thousand products, of int8 layers after each other. */
const ROUNDING = { f32: 1e-4, int8: 0.1 };

/**
 * @param sample network input, the same for both
 * @param int8 true where one of the two computes in int8
 * @returns layers by execution order of `a`; empty where one of the two keeps its layers to itself
 */
export async function compareLayers(
  a: Executor,
  b: Executor,
  sample: Float32Array,
  int8: boolean,
): Promise<LayerDifference[]> {
  if (!a.layers || !b.layers) return [];
  const [ours, theirs] = [await a.layers(sample), await b.layers(sample)];
  const order = [...ours];
  const rows: LayerDifference[] = [];
  order.forEach(([name], i) => {
    const others = merged(order, i, theirs).flatMap(([until, layer]) =>
      candidates(name, layer, theirs).map((other) => ({
        ...rowOf(name, a.name, b.name, layer.values, other),
        ...(until !== name && { until }),
      })),
    );
    if (others.length > 0) rows.push(others.reduce((best, row) => (row.max < best.max ? row : best)));
  });
  const jump = rows.find((row, i) => isJump(row, rows.slice(0, i), int8 ? ROUNDING.int8 : ROUNDING.f32));
  if (jump) jump.jump = true;
  return rows;
}

/** Most layers behind one that may be merged into it: bias, norm, activation in two. */
const MERGED = 4;

/**
 * Layer `at`, and those right behind it that the other side does not name and that are as large: it may have merged
 * them into this one, as export does with batch norms and activations.
 */
function merged(
  layers: readonly [string, Layer][],
  at: number,
  theirs: ReadonlyMap<string, Layer>,
): [string, Layer][] {
  const behind = layers.slice(at + 1, at + 1 + MERGED);
  const size = layers[at][1].values.length;
  const end = behind.findIndex(([name, { values }]) => theirs.has(name) || values.length !== size);
  return [layers[at], ...(end === -1 ? behind : behind.slice(0, end))];
}

/** What may be that layer elsewhere: of its name, or a part of it, as `scores/softmax` is the activation of `scores`. */
function candidates(name: string, layer: Layer, layers: ReadonlyMap<string, Layer>): Values[] {
  const named = [...layers].filter(([other]) => other === name || other.startsWith(`${name}/`));
  const fitting = named.filter(([, { values }]) => values.length === layer.values.length);
  return fitting.flatMap(([, other]) => arrangements(layer.shape, other));
}

/** The values as they lie, and with the channels moved to the other end where the shapes allow that. */
function arrangements(shape: readonly number[], { shape: own, values }: Layer): Values[] {
  const axes = own.map((_, axis) => axis);
  const orders =
    own.length < 2
      ? []
      : [
          [...axes.slice(1), 0],
          [own.length - 1, ...axes.slice(0, -1)],
        ];
  const moved = orders.filter((order) => `${order.map((axis) => own[axis])}` === `${shape}`);
  const isSame = moved.length === 0 || `${own}` === `${shape}`;
  return [...(isSame ? [values] : []), ...moved.map((order) => transposed(values, own, order))];
}

function rowOf(name: string, a: string, b: string, values: Values, other: Values): LayerDifference {
  const meter = new OutputMeter();
  meter.add(values, other);
  const { max, sum, count, scale } = meter;
  return { name, a, b, max, mean: sum / count, max_relative: max / scale, jump: false };
}

function isJump(row: LayerDifference, before: readonly LayerDifference[], rounding: number): boolean {
  const greatest = Math.max(rounding / JUMP, ...before.map(({ max_relative }) => max_relative));
  return row.max_relative >= JUMP * greatest;
}
