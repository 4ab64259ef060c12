import * as tf from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import { copyGraph, type Graph, type Node, type Weight } from '../../graph/index.js';
import { Replay } from '../one-shot/replay.js';
import { readSamples } from '../one-shot/samples.js';
import type { UnitGroup } from './groups.js';
import type { ImportanceContext } from './importance.js';
import { solve } from './least-squares.js';
import { readLayer, readsChannels, RIDGE } from './reconstruct.js';
import type { Units } from './units.js';

/**
 * How much worse the layers that read a unit get without it, once the units that are left make up for it as well as they can: of
 * squares of those layers' outputs, as a fraction of all. One unit after another goes, the one that costs least, as the error of
 * several is more than the sum of each alone (OBC, Frantar and Alistarh 2022, of whole structures: ZipLM, Kurtic et al. 2023):
 * `tr(W_u (H^-1_uu)^-1 W_u^T)` with H the covariance of what a layer reads, u the unit's columns.
 *
 * @returns of each group's units, in their order, what it cost when it went
 * @throws RangeError for a group that no convolution or dense layer reads
 */
export async function surgeonScores(
  units: Units,
  groups: readonly UnitGroup[],
  samples: number,
  context: ImportanceContext,
): Promise<Float64Array[]> {
  const { data, ...rest } = context;
  const inverses = await inverseCovariances(units.graph, groups, { ...rest, samples }, data);
  const scores: Float64Array[] = [];
  for (const group of groups) {
    context.signal?.throwIfAborted();
    const readers = readersOf(units, group, inverses);
    if (readers.length === 0)
      throw new RangeError(
        `structure.channels.criterion "surgeon": expected convolutions or dense layers that read the channels of ` +
          `${group.layers[0]}, got none; name it in dense, or choose another criterion`,
      );
    scores.push(goOneByOne(readers, group.units.length));
    await setImmediate();
  }
  return scores;
}

/** A layer that reads a group's units. */
interface Reader {
  /** [outputs, n], what is left makes up for what went. */
  kernel: Float64Array;
  /** [n, n]: of the covariance of what is left; zeros where it went. */
  inverse: Float64Array;
  n: number;
  /** The squares of all outputs. */
  energy: number;
  /** Of each unit. */
  columns: number[][];
}

function readersOf(units: Units, group: UnitGroup, inverses: ReadonlyMap<string, Covariance>): Reader[] {
  return group.axes
    .filter(({ weight, axis }) => axis === weight.shape.length - 1 && inverses.has(weight.name))
    .map(({ weight }) => {
      const { inverse, energy } = inverses.get(weight.name)!;
      const n = weight.data.length / weight.shape[0];
      const along = units.along(weight, weight.shape.length - 1);
      const index = new Map(group.units.map((unit, i) => [unit, i]));
      const columns = group.units.map((): number[] => []);
      for (let column = 0; column < n; column++) {
        const unit = index.get(along[column % along.length]);
        if (unit !== undefined) columns[unit].push(column);
      }
      return { kernel: Float64Array.from(weight.data), inverse: inverse.slice(), n, energy, columns };
    });
}

function goOneByOne(readers: readonly Reader[], count: number): Float64Array {
  const scores = new Float64Array(count);
  const left = new Set(scores.keys());
  let last = 0;
  while (left.size > 0) {
    let [least, cheapest] = [Infinity, -1];
    for (const unit of left) {
      const cost = readers.reduce((sum, reader) => sum + costOf(reader, unit) / reader.energy, 0);
      if (cost < least || cheapest < 0) [least, cheapest] = [cost, unit];
    }
    // What goes later is worth more, also where sums of rounding say otherwise.
    last = scores[cheapest] = Math.max(least, last * (1 + 1e-9));
    left.delete(cheapest);
    readers.forEach((reader) => takeColumns(reader, cheapest));
  }
  return scores;
}

/** `(H^-1_uu)^-1 W_u^T`, [columns of u, outputs]. */
function solvedColumns({ kernel, inverse, n, columns }: Reader, unit: number): Float64Array {
  const own = columns[unit];
  const outputs = kernel.length / n;
  const block = Float64Array.from({ length: own.length ** 2 }, (_, at) => {
    return inverse[own[Math.floor(at / own.length)] * n + own[at % own.length]];
  });
  const solved = Float64Array.from({ length: own.length * outputs }, (_, at) => {
    return kernel[(at % outputs) * n + own[Math.floor(at / outputs)]];
  });
  solve(block, solved, own.length);
  return solved;
}

function costOf(reader: Reader, unit: number): number {
  const { kernel, n, columns } = reader;
  const solved = solvedColumns(reader, unit);
  const outputs = kernel.length / n;
  let cost = 0;
  columns[unit].forEach((column, i) => {
    for (let o = 0; o < outputs; o++) cost += kernel[o * n + column] * solved[i * outputs + o];
  });
  return cost;
}

/** `W -= W_u (H^-1_uu)^-1 H^-1_u`, then the same of the inverse itself (OBC, lemma 1, of a block). */
function takeColumns(reader: Reader, unit: number): void {
  const { kernel, inverse, n, columns } = reader;
  const own = columns[unit];
  const rows = own.map((column) => inverse.slice(column * n, (column + 1) * n));
  subtract(kernel, solvedColumns(reader, unit), rows, n);
  const itself = { ...reader, kernel: inverse.slice() };
  subtract(inverse, solvedColumns(itself, unit), rows, n);
  for (const column of own) {
    for (let o = 0; o < kernel.length; o += n) kernel[o + column] = 0;
    for (let i = 0; i < n; i++) inverse[i * n + column] = inverse[column * n + i] = 0;
    inverse[column * n + column] = 1;
  }
}

/** `target[r] -= sum_i solved[i, r] rows[i]` */
function subtract(
  target: Float64Array,
  solved: Float64Array,
  rows: readonly Float64Array[],
  n: number,
): void {
  const count = target.length / n;
  rows.forEach((row, i) => {
    for (let r = 0; r < count; r++) {
      const factor = solved[i * count + r];
      if (factor === 0) continue;
      for (let c = 0; c < n; c++) target[r * n + c] -= factor * row[c];
    }
  });
}

interface Covariance {
  /** [n, n] */
  inverse: Float64Array;
  energy: number;
}

/** Of what each layer reads that reads a group's channels; by kernel. */
async function inverseCovariances(
  source: Graph,
  groups: readonly UnitGroup[],
  options: Omit<ImportanceContext, 'data'> & { samples: number },
  data: ImportanceContext['data'],
): Promise<Map<string, Covariance>> {
  const graph = copyGraph(source);
  const read = new Set(groups.flatMap(({ axes }) => axes.map(({ weight }) => weight.name)));
  const layers = graph.nodes.flatMap((node, index) =>
    readsChannels(node) && read.has(node.weights.kernel) ? [index] : [],
  );
  const found = new Map<string, Covariance>();
  const replay = new Replay(graph, await readSamples(data, options));
  try {
    for (const [done, index] of layers.entries()) {
      options.signal?.throwIfAborted();
      const node = graph.nodes[index];
      const kernel = graph.weights.get(node.weights.kernel)!;
      if (!found.has(kernel.name)) found.set(kernel.name, covarianceOf(graph, node, index, kernel, replay));
      options.onProgress?.(done + 1, layers.length);
      await setImmediate();
    }
  } finally {
    replay.dispose();
  }
  return found;
}

function covarianceOf(graph: Graph, node: Node, index: number, kernel: Weight, replay: Replay): Covariance {
  const n = kernel.data.length / kernel.shape[0];
  const sums = new Float64Array(n * n);
  const means = new Float64Array(n);
  let count = 0;
  for (let batch = 0; batch < replay.batches; batch++) {
    const { patches: x } = readLayer(graph, index, replay, batch);
    tf.tidy(() => {
      tf.matMul(x, x, true)
        .dataSync()
        .forEach((value, i) => (sums[i] += value));
      tf.sum(x, 0)
        .dataSync()
        .forEach((value, i) => (means[i] += value));
    });
    count += x.shape[0];
    x.dispose();
  }
  const hasBias = node.weights.bias !== undefined;
  const covariance = sums.map((sum, at) => {
    const product = hasBias ? (means[Math.floor(at / n)] * means[at % n]) / count : 0;
    return (sum - product) / count;
  });
  const energy = energyOf(kernel, covariance, n);
  return { inverse: inverted(covariance, n), energy };
}

/** `tr(W H W^T)` */
function energyOf({ data }: Weight, covariance: Float64Array, n: number): number {
  let energy = 0;
  for (let o = 0; o < data.length; o += n)
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += covariance[i * n + j] * data[o + j];
      energy += sum * data[o + i];
    }
  return energy || 1;
}

function inverted(covariance: Float64Array, n: number): Float64Array {
  let trace = 0;
  for (let i = 0; i < n; i++) trace += covariance[i * n + i];
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    covariance[i * n + i] += (RIDGE * trace) / n || Number.MIN_VALUE;
    inverse[i * n + i] = 1;
  }
  solve(covariance, inverse, n);
  return inverse;
}
