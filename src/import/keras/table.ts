import { activation, elu, leakyRelu, prelu, relu, softmax, thresholdedRelu } from './activation-layers.js';
import type { Settings } from './config.js';
import { convolution, depthwise, separable, transposedConvolution } from './convolutions.js';
import { dense, embedding } from './dense.js';
import { functionLayer } from './functions.js';
import type { LayerSpec } from './layer.js';
import { average, concatenate, dot, merge, subtract } from './merge.js';
import { isFunction, isModel, kindOf, layersOf, type KerasLayer } from './model-config.js';
import {
  batchNormalization,
  groupNormalization,
  layerNormalization,
  unitNormalization,
} from './normalization.js';
import { centerCrop, cropping, globalPool, pool, resizing, upSampling, zeroPadding } from './pools.js';
import { dropout, identity, normalization, rescaling } from './preprocessing.js';
import { bidirectional, recurrent, rnn, timeDistributed } from './recurrent.js';
import { flatten, permute, repeatVector, reshape } from './shapes.js';

/** Keras layers by class name. Models and InputLayer are the walk's: see walk.ts. */
const LAYERS: ReadonlyMap<string, LayerSpec> = new Map([
  ['Conv1D', convolution(1)],
  ['Conv2D', convolution(2)],
  ['Convolution1D', convolution(1)],
  ['Convolution2D', convolution(2)],
  ['Conv1DTranspose', transposedConvolution(1)],
  ['Conv2DTranspose', transposedConvolution(2)],
  ['DepthwiseConv1D', depthwise(1)],
  ['DepthwiseConv2D', depthwise(2)],
  ['SeparableConv1D', separable(1)],
  ['SeparableConv2D', separable(2)],
  ['Dense', dense],
  ['Embedding', embedding],
  ['Activation', activation],
  ['ReLU', relu],
  ['LeakyReLU', leakyRelu],
  ['PReLU', prelu],
  ['ELU', elu],
  ['ThresholdedReLU', thresholdedRelu],
  ['Softmax', softmax],
  ['BatchNormalization', batchNormalization],
  ['BatchNormalizationV1', batchNormalization],
  ['BatchNormalizationV2', batchNormalization],
  ['SyncBatchNormalization', batchNormalization],
  ['LayerNormalization', layerNormalization],
  ['GroupNormalization', groupNormalization],
  ['UnitNormalization', unitNormalization],
  ['Add', merge('add')],
  ['Multiply', merge('mul')],
  ['Maximum', merge('max')],
  ['Minimum', merge('min')],
  ['Subtract', subtract],
  ['Average', average],
  ['Concatenate', concatenate],
  ['Dot', dot],
  ['MaxPooling1D', pool('max_pool2d', 1)],
  ['MaxPooling2D', pool('max_pool2d', 2)],
  ['AveragePooling1D', pool('avg_pool2d', 1)],
  ['AveragePooling2D', pool('avg_pool2d', 2)],
  ['GlobalMaxPooling1D', globalPool('global_max_pool2d', 1)],
  ['GlobalMaxPooling2D', globalPool('global_max_pool2d', 2)],
  ['GlobalAveragePooling1D', globalPool('global_avg_pool2d', 1)],
  ['GlobalAveragePooling2D', globalPool('global_avg_pool2d', 2)],
  ['ZeroPadding1D', zeroPadding(1)],
  ['ZeroPadding2D', zeroPadding(2)],
  ['Cropping1D', cropping(1)],
  ['Cropping2D', cropping(2)],
  ['UpSampling1D', upSampling(1)],
  ['UpSampling2D', upSampling(2)],
  ['Resizing', resizing],
  ['CenterCrop', centerCrop],
  ['Rescaling', rescaling],
  ['Normalization', normalization],
  ['Flatten', flatten],
  ['Reshape', reshape],
  ['Permute', permute],
  ['RepeatVector', repeatVector],
  ['LSTM', recurrent('lstm')],
  ['GRU', recurrent('gru')],
  ['SimpleRNN', recurrent('simple_rnn')],
  ['RNN', rnn],
  ['Bidirectional', bidirectional],
  ['TimeDistributed', timeDistributed],
  ['TFOpLambda', functionLayer()],
  ['SlicingOpLambda', functionLayer()],
  ['Dropout', dropout('element')],
  ['SpatialDropout1D', dropout('channel')],
  ['SpatialDropout2D', dropout('channel')],
  ...[
    'Identity',
    'GaussianDropout',
    'GaussianNoise',
    'AlphaDropout',
    'ActivityRegularization',
    'RandomFlip',
    'RandomRotation',
    'RandomZoom',
    'RandomTranslation',
    'RandomContrast',
    'RandomBrightness',
  ].map((kind): [string, LayerSpec] => [kind, identity]),
]);

const THREE_DIMENSIONS = 'volumes are not supported; slice them into images';
const CODE = 'its code is not in the file; write it with layers';

const HINTS: [RegExp, string][] = [
  [
    /^(Conv|MaxPooling|AveragePooling|Global\w+Pooling|ZeroPadding|Cropping|UpSampling|SpatialDropout)3D/,
    THREE_DIMENSIONS,
  ],
  [/^ConvLSTM/, 'use a convolution and an LSTM'],
  [/^CuDNN/, 'load it with tf.keras and save it as an LSTM or GRU'],
  [/^Masking$/, 'masks are not supported; cut the inputs to length'],
  [/^(Lambda|TensorFlowOpLayer)$/, CODE],
  [/Attention$/, 'attention is not supported from Keras; export the model to ONNX or TFLite'],
  [
    /^(TextVectorization|StringLookup|IntegerLookup|Hashing|Discretization|CategoryEncoding)$/,
    'encode the inputs before',
  ],
  [/^LocallyConnected/, 'use a convolution'],
];

/** How the layer becomes nodes; undefined where it cannot. Keras 3's functions are classes of `keras.src.ops`. */
export function specOf(layer: KerasLayer): LayerSpec | undefined {
  return isFunction(layer) ? functionLayer(kindOf(layer)) : LAYERS.get(kindOf(layer));
}

/** Why a layer cannot be imported, one line a fault; empty where it can. */
export function layerFaults(layer: KerasLayer): string[] {
  if (kindOf(layer) === 'InputLayer') return [];
  const spec = specOf(layer);
  const settings = layer.config as Settings;
  if (spec) return [...(spec.faults?.(settings) ?? []), ...innerFaults(settings)];
  const hint = HINTS.find(([pattern]) => pattern.test(kindOf(layer)))?.[1];
  return [`not supported; ${hint ?? `supported are ${[...LAYERS.keys()].join(', ')}`}`];
}

/** Of the layers that a wrapper holds; models among them are looked at layer by layer. */
function innerFaults(settings: Settings): string[] {
  const wrapped = [settings.layer, settings.backward_layer].filter(isLayer);
  return wrapped.flatMap((layer) => {
    const layers = isModel(layer) ? layersOf(layer, []) : [layer];
    return layers.flatMap((inner) => layerFaults(inner).map((fault) => `${kindOf(inner)}: ${fault}`));
  });
}

function isLayer(value: unknown): value is KerasLayer {
  const { class_name: kind, config } = (value ?? {}) as { class_name?: unknown; config?: unknown };
  return typeof kind === 'string' && typeof config === 'object' && config !== null;
}
