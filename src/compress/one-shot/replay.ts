import * as tf from '@tensorflow/tfjs-core';
import { elements, type Graph, type Node, type Weight } from '../../graph/index.js';
import { createParameters, runNode, weightTensors } from '../../train/index.js';

/** A batch at the place of the network that it was run to. */
interface Place {
  count: number;
  /** Nodes before it are done. */
  at: number;
  /** What later nodes read, by tensor. */
  values: Map<string, Float32Array>;
}

/** Bytes of activations that are kept between two layers: 512 CIFAR images of ResNet-20 take 70 MB, 128 photographs of MobileNetV2 up to 205. */
const BUDGET = 2 ** 28;

export interface ReplayOptions {
  /** Bytes of activations that are kept. */
  budget?: number;
  /** What becomes of each tensor, the input too, before it is read: a new one, as where int8 is simulated. */
  change?(name: string, value: tf.Tensor): tf.Tensor;
}

/**
 * Runs calibration samples through a network from layer to layer, while its weights change behind them: what a layer reads
 * has seen all changes before it. Activations are kept where those of all samples fit the budget, and computed again from there on
 * where they do not, so that memory is bounded whatever the network.
 */
export class Replay {
  readonly #graph: Graph;
  readonly #budget: number;
  readonly #change: ReplayOptions['change'];
  readonly #places: Place[];
  readonly #samples: number;
  /** Last node that reads a tensor. */
  readonly #lastReader = new Map<string, number>();
  /** Weights in tfjs, and what they were made of. */
  readonly #made = new Map<string, { data: Weight['data']; tensor: tf.Tensor }>();

  /**
   * @param graph f32, of one input; a layer's weights may change until the layers after it are asked for, by new arrays
   * @param batches network input
   */
  constructor(
    graph: Graph,
    batches: readonly Float32Array[],
    { budget = BUDGET, change }: ReplayOptions = {},
  ) {
    const [input] = graph.inputs;
    const size = elements(graph.tensors.get(input)!.shape);
    this.#graph = graph;
    this.#budget = budget;
    this.#change = change;
    this.#places = batches.map((x) => ({ count: x.length / size, at: 0, values: new Map([[input, x]]) }));
    this.#samples = this.#places.reduce((sum, { count }) => sum + count, 0);
    graph.nodes.forEach(({ inputs }, index) => inputs.forEach((name) => this.#lastReader.set(name, index)));
  }

  get batches(): number {
    return this.#places.length;
  }

  /**
   * What the node of this index reads, `[count, ...shape]` each; the caller disposes them. Ask for nodes in their order.
   * @param others tensors that are given besides: written before the node, and read by it or later
   */
  inputsOf(index: number, batch: number, others: readonly string[] = []): tf.Tensor[] {
    const place = this.#places[batch];
    if (index < place.at)
      throw new RangeError(`replay: expected a node from ${place.at} on, got ${index}; nodes run in order`);
    const values = new Map(
      Array.from(place.values, ([name, data]) => [name, this.#tensorOf(name, data, place.count)]),
    );
    if (place.at === 0) this.#changeValue(this.#graph.inputs[0], values);
    for (let at = place.at; at < index; at++) this.#step(at, values);
    if (this.#bytesAt(index) <= this.#budget) this.#keep(place, index, values);
    const names = [...this.#graph.nodes[index].inputs, ...others];
    const wanted = names.map((name) => tf.clone(values.get(name)!));
    tf.dispose([...values.values()]);
    return wanted;
  }

  /** Mean of each of the last axis' channels of what the node of this index writes. */
  meansOf(index: number): Float64Array {
    const node = this.#graph.nodes[index];
    const sums = new Float64Array(this.#graph.tensors.get(node.outputs[0])!.shape.at(-1)!);
    let count = 0;
    for (let batch = 0; batch < this.batches; batch++) {
      const inputs = this.inputsOf(index, batch);
      const values = new Map(node.inputs.map((name, i) => [name, inputs[i]]));
      const weights = this.#weightsOf(node);
      tf.tidy(() => {
        const output = runNode(this.#graph, node, index, values, weights, {});
        const part = tf.sum(tf.reshape(output, [-1, sums.length]), 0).dataSync();
        for (let c = 0; c < sums.length; c++) sums[c] += part[c];
        count += output.size / sums.length;
      });
      tf.dispose(inputs);
    }
    return sums.map((sum) => sum / count);
  }

  dispose(): void {
    for (const { tensor } of this.#made.values()) tensor.dispose();
    this.#made.clear();
  }

  #tensorOf(name: string, data: Float32Array, count: number): tf.Tensor {
    return tf.tensor(data, [count, ...this.#graph.tensors.get(name)!.shape], 'float32');
  }

  #step(at: number, values: Map<string, tf.Tensor>): void {
    const node = this.#graph.nodes[at];
    const weights = this.#weightsOf(node);
    const output = tf.tidy(() => tf.clone(runNode(this.#graph, node, at, values, weights, {})));
    values.set(node.outputs[0], output);
    this.#changeValue(node.outputs[0], values);
    for (const [name, value] of values) {
      if ((this.#lastReader.get(name) ?? -1) > at) continue;
      value.dispose();
      values.delete(name);
    }
  }

  #changeValue(name: string, values: Map<string, tf.Tensor>): void {
    const value = values.get(name)!;
    const changed = this.#change?.(name, value);
    if (!changed) return;
    value.dispose();
    values.set(name, changed);
  }

  #keep(place: Place, index: number, values: Map<string, tf.Tensor>): void {
    if (place.at === index) return;
    place.at = index;
    place.values = new Map(Array.from(values, ([name, tensor]) => [name, tensor.dataSync() as Float32Array]));
  }

  /** Of what node `index` and later ones read of earlier ones, for all samples. */
  #bytesAt(index: number): number {
    const { inputs, nodes, tensors } = this.#graph;
    const written = [...inputs, ...nodes.slice(0, index).map(({ outputs }) => outputs[0])];
    const live = written.filter((name) => (this.#lastReader.get(name) ?? -1) >= index);
    return live.reduce((sum, name) => sum + 4 * elements(tensors.get(name)!.shape) * this.#samples, 0);
  }

  /** The node's weights in tfjs, made again where one of them is another array than before. */
  #weightsOf(node: Node): Map<string, tf.Tensor> {
    const names = Object.values(node.weights);
    const { weights } = this.#graph;
    const isStale = (name: string): boolean => this.#made.get(name)?.data !== weights.get(name)!.data;
    if (names.some(isStale)) this.#make(node);
    return new Map(names.map((name) => [name, this.#made.get(name)!.tensor]));
  }

  #make(node: Node): void {
    for (const [name, tensor] of weightTensors(createParameters({ ...this.#graph, nodes: [node] }))) {
      this.#made.get(name)?.tensor.dispose();
      this.#made.set(name, { data: this.#graph.weights.get(name)!.data, tensor });
    }
  }
}
