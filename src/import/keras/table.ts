import type { Settings } from './config.js';
import {
  activation,
  add,
  batchNormalization,
  dropout,
  flatten,
  identity,
  relu,
  reshape,
  softmax,
} from './elementwise.js';
import type { LayerSpec } from './layer.js';
import { conv2d, dense, depthwiseConv2d, separableConv2d } from './linear.js';
import { globalPool, pool, zeroPadding2d } from './pools.js';

/** Keras layers by class name. Models and InputLayer are the walk's: see tfjs-layers.ts. */
export const kerasLayers: ReadonlyMap<string, LayerSpec> = new Map([
  ['Conv2D', conv2d],
  ['DepthwiseConv2D', depthwiseConv2d],
  ['SeparableConv2D', separableConv2d],
  ['Dense', dense],
  ['Activation', activation],
  ['ReLU', relu],
  ['Softmax', softmax],
  ['Add', add],
  ['MaxPooling2D', pool('max_pool2d')],
  ['AveragePooling2D', pool('avg_pool2d')],
  ['GlobalMaxPooling2D', globalPool('global_max_pool2d')],
  ['GlobalAveragePooling2D', globalPool('global_avg_pool2d')],
  ['Flatten', flatten],
  ['Reshape', reshape],
  ['BatchNormalization', batchNormalization],
  ['ZeroPadding2D', zeroPadding2d],
  ['Dropout', dropout('element')],
  ['SpatialDropout2D', dropout('channel')],
  ['GaussianDropout', identity],
  ['GaussianNoise', identity],
  ['AlphaDropout', identity],
  ['ActivityRegularization', identity],
]);

const HINTS: ReadonlyMap<string, string> = new Map([
  ['LeakyReLU', 'use ReLU'],
  ['PReLU', 'use ReLU'],
  ['ELU', 'use ReLU'],
  ['Conv1D', 'use Conv2D with a kernel of one row'],
  ['MaxPooling1D', 'use MaxPooling2D with a window of one row'],
  ['Permute', 'only channels_last models need none'],
  ['Lambda', 'its code is not in the file; write it with layers'],
]);

/** Why a layer cannot be imported, one line a fault; empty where it can. */
export function layerFaults(kind: string, settings: Settings): string[] {
  const spec = kerasLayers.get(kind);
  if (spec) return spec.faults?.(settings) ?? [];
  const hint = HINTS.get(kind) ?? `supported are ${[...kerasLayers.keys()].join(', ')}`;
  return [`not supported yet; ${hint}`];
}
