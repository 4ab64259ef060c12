import * as tf from '@tensorflow/tfjs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelSource } from '../../src/import/index.js';
import type { Random } from '../helpers/random.js';

/** Gives every weight of the model random values; variances and gammas around 1, the rest small. */
export function randomize(model: tf.LayersModel, r: Random): tf.LayersModel {
  const values = model.weights.map((weight) => {
    const around = /variance|gamma/.test(weight.name) ? 1 : 0;
    const shape = weight.shape as number[];
    const length = shape.reduce((a, b) => a * b, 1);
    return tf.tensor(
      Float32Array.from({ length }, () => around + 0.3 * (r.next() * 2 - 1)),
      shape,
    );
  });
  model.setWeights(values);
  return model;
}

/** The layer called on symbolic tensors. */
export function apply(layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]): tf.SymbolicTensor {
  return layer.apply(x) as tf.SymbolicTensor;
}

/** What `model.save` would write. */
export async function artifactsOf(model: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return saved!;
}

/** The model in memory, as JSON would leave it. */
export async function sourceOf(model: tf.LayersModel): Promise<ModelSource> {
  const { modelTopology, weightSpecs, weightData } = await artifactsOf(model);
  return {
    modelTopology: JSON.parse(JSON.stringify(modelTopology)) as object,
    weightSpecs: weightSpecs!,
    weightData: weightData as ArrayBuffer,
  };
}

/** A model.json on disk: the parsed JSON to break, and the weights' bytes. */
export interface ModelFolder {
  folder: string;
  json: { modelTopology: Record<string, any>; weightsManifest: { paths: string[]; weights: any[] }[] };
  bytes: Uint8Array;
}

/** The model as a folder of model.json and weights.bin, after `change` had its way with it. */
export async function saveFolder(
  model: tf.LayersModel,
  folder: string,
  change: (model: ModelFolder) => void = () => {},
): Promise<string> {
  const { modelTopology, weightSpecs, weightData } = await sourceOf(model);
  const saved: ModelFolder = {
    folder,
    json: { modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] },
    bytes: new Uint8Array(weightData as ArrayBuffer),
  };
  change(saved);
  writeFileSync(join(folder, 'model.json'), JSON.stringify(saved.json));
  writeFileSync(join(folder, 'weights.bin'), saved.bytes);
  return join(folder, 'model.json');
}
