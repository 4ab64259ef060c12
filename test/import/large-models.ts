/** Foreign models of about 22 million random parameters, one of each kind, for `npm run bench:import`. */
import * as tf from '@tensorflow/tfjs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildArchitecture } from '../../src/bench/architectures/index.js';
import { graphToOnnx } from '../../src/bench/onnx/from-graph.js';
import { drawWeights } from '../../src/bench/synthetic/index.js';
import { CONV, FULLY_CONNECTED } from '../../src/import/tflite/schema.js';
import { random, type Random } from '../helpers/random.js';
import { asH5, asKeras3 } from './keras/files.js';
import { randomize, saveFolder } from './models.js';
import { writeTflite, type OperatorSpec, type TensorSpec } from './tflite/write.js';

const { layers } = tf;
/** 3x3 convolutions of 512 channels: 2.4 million parameters each. */
const [CHANNELS, CONVOLUTIONS, SIDE, CLASSES] = [512, 9, 14, 1000];

/** A chain of convolutions with batch norm, as Keras has it. */
function keras(): tf.LayersModel {
  const chain = Array.from({ length: CONVOLUTIONS }, (_, i) => [
    layers.conv2d({
      filters: CHANNELS,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      kernelInitializer: 'zeros',
      ...(i === 0 && { inputShape: [SIDE, SIDE, CHANNELS] }),
    }),
    layers.batchNormalization(),
    layers.reLU(),
  ]);
  const dense = layers.dense({ units: CLASSES, kernelInitializer: 'zeros', activation: 'softmax' });
  return randomize(
    tf.sequential({ layers: [...chain.flat(), layers.globalAveragePooling2d({}), dense] }),
    random(1),
  );
}

function floats(shape: number[], r: Random): TensorSpec {
  const length = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length }, () => r.next() - 0.5) };
}

/** A chain of convolutions with relu, then a dense layer. */
function tflite(): Uint8Array {
  const r = random(1);
  const tensors: TensorSpec[] = [{ name: 'image', shape: [1, SIDE, SIDE, CHANNELS] }];
  const operators: OperatorSpec[] = [];
  const add = (
    code: string,
    constants: TensorSpec[],
    shape: number[],
    options: OperatorSpec['options'],
  ): void => {
    const input = tensors.length - 1;
    const own = constants.map((constant) => tensors.push(constant) - 1);
    operators.push({ code, inputs: [input, ...own], outputs: [tensors.push({ shape }) - 1], options });
  };
  const once = { int32: 1 };
  const relu = { int8: 1 };
  const convolution = {
    [CONV.padding]: { int8: 0 },
    [CONV.strideW]: once,
    [CONV.strideH]: once,
    [CONV.activation]: relu,
  };
  for (let i = 0; i < CONVOLUTIONS; i++) {
    const constants = [floats([CHANNELS, 3, 3, CHANNELS], r), floats([CHANNELS], r)];
    add('CONV_2D', constants, [1, SIDE, SIDE, CHANNELS], convolution);
  }
  const axes: TensorSpec = { shape: [2], type: 'INT32', data: Int32Array.of(1, 2) };
  add('MEAN', [axes], [1, CHANNELS], {});
  add('FULLY_CONNECTED', [floats([CLASSES, CHANNELS], r), floats([CLASSES], r)], [1, CLASSES], {
    [FULLY_CONNECTED.activation]: { int8: 0 },
  });
  return writeTflite({ tensors, operators, inputs: [0], outputs: [tensors.length - 1] });
}

/** Writes them; the paths by what they are. */
export async function writeLargeModels(folder: string): Promise<Record<string, string>> {
  const file = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  await tf.setBackend('cpu');
  const model = keras();
  return {
    'tfjs layers-model': await saveFolder(model, folder),
    '.h5': file('model.h5', await asH5(model, folder)),
    '.keras': file('model.keras', await asKeras3(model, folder)),
    '.tflite': file('model.tflite', tflite()),
    '.onnx, ResNet-50': file('model.onnx', graphToOnnx(drawWeights(buildArchitecture('resnet-50-224')))),
  };
}
