import { transposed, type Graph } from '../../graph/index.js';
import {
  createOptimizer,
  type Gradients,
  type Optimizer,
  type Parameter,
  type Trainer,
} from '../../train/index.js';
import type { QuantizedKernel } from './weights.js';

/** A kernel whose weights are `units[i] * entries[ids[i]]`, and 0 where `ids[i]` is -1; arrays lie as in tfjs. */
interface Tie {
  kernel: Parameter;
  /** Shared values, of the size of weights, with the optimizer's state. */
  entries: Parameter;
  ids: Int16Array;
  units: Float32Array;
  /** Of a whole number in `entries`. */
  step: number;
}

/** What training goes on from; structured data. */
export type EntriesState = { name: string; values: Float32Array; slots: Float32Array[] }[];

/**
 * Fine-tunes shared weights (Han et al. 2016, "Deep Compression"): the gradient of an entry is the sum of those of its weights,
 * `dL/de_j = sum over i of cluster j of units_i * dL/dw_i`, so which weight has which entry stays. Biases learn too; kernels without a codebook stay.
 */
export class SharedTraining {
  readonly #trainer: Trainer;
  readonly #ties: ReadonlyMap<string, Tie>;
  readonly #optimizer: Optimizer;

  /**
   * @param trainer of the folded f32 graph; its kernels take the values of `kernels`
   * @param kernels by name, those with a codebook
   */
  constructor(trainer: Trainer, kernels: ReadonlyMap<string, QuantizedKernel>) {
    this.#trainer = trainer;
    this.#optimizer = createOptimizer(trainer.options.optimizer ?? { type: 'adam' });
    this.#ties = new Map(
      Array.from(kernels, ([name, kernel]) => [name, tieOf(trainer.parameters.get(name)!, kernel)]),
    );
    this.#write();
  }

  /** Instead of `Trainer.apply`. */
  apply({ values, statistics }: Gradients, learningRate: number): void {
    const { trainable, step } = this.#trainer;
    trainable.forEach((parameter, i) => {
      const tie = this.#ties.get(parameter.name);
      if (tie) this.#optimizer(tie.entries, entryGradient(tie, values[i]), learningRate, step);
      else if (parameter.role === 'bias') this.#optimizer(parameter, values[i], learningRate, step);
    });
    this.#write();
    this.#trainer.observe({ statistics });
  }

  /** The kernels with the entries as they are now, on int8's grid; assignment and scales are those of the start. */
  kernels(start: ReadonlyMap<string, QuantizedKernel>): Map<string, QuantizedKernel> {
    return new Map(
      Array.from(start, ([name, { data, scale }]) => {
        const { entries, step } = this.#ties.get(name)!;
        const whole = entries.values.map((e) => Math.max(-127, Math.min(127, Math.round(e / step))));
        const order = distinct(data);
        const at = new Map(Array.from(order, (entry, j) => [entry, whole[j]]));
        return [name, { data: data.map((w) => at.get(w) ?? 0), scale }];
      }),
    );
  }

  state(): EntriesState {
    return Array.from(this.#ties, ([name, { entries }]) => ({
      name,
      values: entries.values,
      slots: entries.slots,
    }));
  }

  restore(state: EntriesState): void {
    for (const { name, values, slots } of state) {
      const { entries } = this.#ties.get(name)!;
      entries.values.set(values);
      entries.slots = slots.map((slot) => slot.slice());
    }
    this.#write();
  }

  #write(): void {
    for (const { kernel, entries, ids, units } of this.#ties.values())
      ids.forEach((id, i) => (kernel.values[i] = id < 0 ? 0 : units[i] * entries.values[id]));
  }
}

/** Sum over an entry's weights. */
function entryGradient({ entries, ids, units }: Tie, gradient: Float32Array): Float32Array {
  const sums = new Float32Array(entries.values.length);
  ids.forEach((id, i) => {
    if (id >= 0) sums[id] += units[i] * gradient[i];
  });
  return sums;
}

function tieOf(kernel: Parameter, { data, scale }: QuantizedKernel): Tie {
  const order = distinct(data);
  const idOf = new Map(Array.from(order, (entry, j) => [entry, j]));
  const step = Math.sqrt(scale.reduce((sum, s) => sum + s * s, 0) / scale.length);
  const size = data.length / scale.length;
  const asTf = (values: Float32Array): Float32Array =>
    kernel.layout ? transposed(values, kernel.graphShape, kernel.layout.permutation) : values;
  const entries: Parameter = {
    name: `${kernel.name}/entries`,
    role: 'kernel',
    shape: [order.length],
    graphShape: [order.length],
    values: Float32Array.from(order, (entry) => step * entry),
    trainable: true,
    slots: [],
  };
  const ids = Float32Array.from(data, (w) => idOf.get(w) ?? -1);
  const units = Float32Array.from(data, (_, i) => scale[Math.floor(i / size)] / step);
  return { kernel, entries, ids: Int16Array.from(asTf(ids)), units: asTf(units), step };
}

/** The entries that are not 0, ascending. */
function distinct(data: Int8Array): Int8Array {
  return Int8Array.from(new Set(data.filter((w) => w !== 0))).sort();
}

/** The int8 kernels of layers by the name that their f32 kernel has in `graph`. */
export function int8Kernels(
  graph: Graph,
  quantized: Graph,
  isWanted: (layer: string) => boolean,
): Map<string, QuantizedKernel> {
  const layers = new Map(quantized.nodes.map((node) => [node.name, node]));
  const kernels = new Map<string, QuantizedKernel>();
  for (const node of graph.nodes) {
    const { kernel, scale } = layers.get(node.name)?.weights ?? {};
    if (scale === undefined || !isWanted(node.name)) continue;
    const [data, scales] = [kernel, scale].map((name) => quantized.weights.get(name)!.data);
    kernels.set(node.weights.kernel, { data: data as Int8Array, scale: scales as Float32Array });
  }
  return kernels;
}
