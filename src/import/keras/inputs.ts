/** What a model reads: names and shapes of its inputs. */
import { ImportError } from '../errors.js';
import type { ImportOptions } from '../importer.js';
import type { Settings } from './config.js';
import {
  findLayer,
  functionalConfig,
  isModel,
  isSequential,
  layersOf,
  nameOf,
  type KerasLayer,
} from './model-config.js';

export interface ModelInput {
  name: string;
  /** Without batch. */
  shape: number[];
}

type Given = Pick<ImportOptions, 'inputShape' | 'inputShapes'>;

/** @param given shapes without batch, for inputs that leave dimensions open */
export function modelInputs(model: KerasLayer, given: Given): ModelInput[] {
  if (!isSequential(model)) {
    const { layers, inputs } = functionalConfig(model, nameOf(model));
    return inputs.map((reference) => inputOf(findLayer(layers, reference.layer), undefined, given));
  }
  const [first] = layersOf(model, []);
  if (isModel(first)) return modelInputs(first, given);
  return [inputOf(first, builtShape(model), given)];
}

/** What a Sequential without an InputLayer was built for, where Keras says so. */
function builtShape(model: KerasLayer): unknown {
  const config = Array.isArray(model.config) ? undefined : model.config;
  return config?.build_input_shape ?? model.build_config?.input_shape;
}

function inputOf(layer: KerasLayer, built: unknown, options: Given): ModelInput {
  const { batch_input_shape: keras2, batch_shape: keras3 } = layer.config as Settings;
  const given = options.inputShapes?.[nameOf(layer)] ?? options.inputShape;
  const batched = keras2 ?? keras3 ?? built ?? (given && [null, ...given]);
  const name = nameOf(layer);
  if (!Array.isArray(batched)) {
    const got = `${JSON.stringify(batched)}; pass { inputShape }`;
    throw new ImportError('shape', `${name}: expected batch_input_shape, got ${got}`);
  }
  const shape = batched.slice(1).map((dim: unknown, axis) => dim ?? given?.[axis]);
  if (!shape.every((dim) => Number.isInteger(dim) && (dim as number) >= 1)) {
    throw new ImportError(
      'shape',
      `${name}: expected a fixed input shape, got [${shape}]; pass { inputShape }`,
    );
  }
  // a Sequential's first layer says the input's shape, and needs its own name itself
  return { name: layer.class_name === 'InputLayer' ? name : `${name}_input`, shape: shape as number[] };
}
