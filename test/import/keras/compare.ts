import * as tf from '@tensorflow/tfjs';
import type { Test } from 'tap';
import type { Graph } from '../../../src/graph/index.js';
import { importModel } from '../../../src/import/index.js';
import { checkGraph } from '../../../src/ops/check.js';
import { trainForward } from '../../helpers/forward.js';
import { random, SEED, type Random } from '../../helpers/random.js';
import { randomize, sourceOf } from '../models.js';

/** Numbers that a model reads: normal ones, or whole ones below a bound for an embedding. */
type Draw = (r: Random) => number;

/**
 * Imports the model with random weights and compares its outputs with tf.layers' own, for two samples.
 * Both sides run tfjs cpu kernels in f32; sums are rounded in another order, and some functions are put together from
 * others, so 1e-5 of the largest output is allowed (the issue asks for 1e-4).
 */
export async function compareWithTfjs(
  t: Test,
  model: tf.LayersModel,
  draw: Draw = (r) => r.normal(),
): Promise<Graph> {
  const r = random();
  const graph = await importModel(await sourceOf(randomize(model, r)));
  checkGraph(graph);
  compareOutputs(t, graph, model, draw, r);
  return graph;
}

export function compareOutputs(
  t: Test,
  graph: Graph,
  model: tf.LayersModel,
  draw: Draw = (r) => r.normal(),
  r = random(),
  bound = 1e-5,
): void {
  tf.tidy(() => {
    const inputs = graph.inputs.map((name) => {
      const shape = [2, ...graph.tensors.get(name)!.shape];
      return tf.tensor(
        Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => draw(r)),
        shape,
      );
    });
    const wanted = [model.predict(inputs.length === 1 ? inputs[0] : inputs)].flat() as tf.Tensor[];
    const values = trainForward(graph, inputs);
    t.equal(graph.outputs.length, wanted.length);
    graph.outputs.forEach((name, i) => {
      const got = values.get(name)!;
      t.same(got.shape, wanted[i].shape, `shape of ${name}`);
      const largest = wanted[i].abs().max().dataSync()[0];
      const difference = tf.sub(got, wanted[i]).abs().max().dataSync()[0];
      t.ok(difference <= bound * largest, `${name}: ${difference} of ${largest} (SEED=${SEED})`);
    });
  });
}

/** A model of one layer. */
export function single(layer: tf.layers.Layer, shape: number[]): tf.LayersModel {
  const input = tf.input({ shape });
  return tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
}
