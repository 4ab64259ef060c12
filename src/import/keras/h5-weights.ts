/** Weights in HDF5 files of Keras. */
import type { Hdf5Object } from '../hdf5/file.js';
import type { ForeignWeight } from '../weights.js';
import type { Settings } from './config.js';
import {
  innerLayer,
  isFunction,
  isModel,
  isSequential,
  kindOf,
  layersOf,
  nameOf,
  type KerasLayer,
} from './model-config.js';
import { cellName, cellsOf, directionNames } from './recurrent.js';
import { NamedWeights, type WeightSource } from './weight-store.js';

/**
 * Of a .h5 file: a group for each layer of the outermost model, with names that mostly tell layer and role. Read when
 * asked for, so that no more than one weight is there twice.
 */
export class H5Weights implements WeightSource {
  private readonly named: NamedWeights;
  /** Layer -> its weights in Keras' order, where names do not help. */
  private readonly ordered = new Map<string, Hdf5Object[]>();

  constructor(group: Hdf5Object) {
    const all = new Map<string, Hdf5Object>();
    for (const layer of names(group, 'layer_names')) {
      const weights = group.get(layer);
      if (!weights) continue;
      const found = names(weights, 'weight_names').flatMap((name): [string, Hdf5Object][] => {
        const data = weights.get(name);
        return data ? [[fullName(layer, name), data]] : [];
      });
      for (const [name, data] of found) all.set(name, data);
      this.ordered.set(
        layer,
        found.map(([, data]) => data),
      );
    }
    this.named = new NamedWeights([...all.keys()], (name) => all.get(name)?.numbers());
  }

  find(path: readonly string[], role: string, index: number): ForeignWeight | undefined {
    const byName = this.named.find(path, role);
    return byName ?? (path.length === 1 ? this.ordered.get(path[0])?.[index]?.numbers() : undefined);
  }
}

/** An attribute that lists names; one of more than 64 KB is in several, with numbers. */
function names(object: Hdf5Object, attribute: string): string[] {
  const whole = object.texts(attribute);
  if (whole) return whole;
  const parts: string[] = [];
  for (let part = object.texts(`${attribute}0`), i = 1; part; part = object.texts(`${attribute}${i++}`))
    parts.push(...part);
  return parts;
}

/** `conv/kernel:0` of the layer conv is conv/kernel; another layer's name before stays behind the group's. */
function fullName(layer: string, name: string): string {
  const plain = name.replace(/:\d+$/, '');
  return plain.startsWith(`${layer}/`) ? plain : `${layer}/${plain}`;
}

/** Of a .keras file: `layers/conv2d_1/vars/0`, where folders are called after classes and weights are numbered. */
export class NumberedWeights implements WeightSource {
  private readonly folders = new Map<string, string>();

  constructor(
    private readonly file: Hdf5Object,
    root: KerasLayer,
  ) {
    this.addModel(root, [], '');
  }

  find(path: readonly string[], _role: string, index: number): ForeignWeight | undefined {
    const folder = this.folders.get(path.join('/'));
    if (folder === undefined) return undefined;
    const place = `${folder}/vars/${index}`;
    // Keras 2.12 to 2.15 have another name for `layers`
    const older = place.replaceAll(/(^|\/)layers(?=\/)/g, '$1_layer_checkpoint_dependencies');
    return (this.file.get(place) ?? this.file.get(older))?.numbers();
  }

  /** A Sequential does not count its InputLayer, and functions are not layers. */
  private addModel(model: KerasLayer, path: string[], folder: string): void {
    const used = new Map<string, number>();
    for (const layer of layersOf(model, path)) {
      const kind = kindOf(layer);
      if ((kind === 'InputLayer' && isSequential(model)) || isFunction(layer)) continue;
      const name = snakeCase(kind);
      const count = used.get(name) ?? 0;
      used.set(name, count + 1);
      const own = count === 0 ? name : `${name}_${count}`;
      this.addLayer(layer, [...path, nameOf(layer)], [folder, 'layers', own].filter(Boolean).join('/'));
    }
  }

  private addLayer(layer: KerasLayer, path: string[], folder: string): void {
    if (isModel(layer)) return this.addModel(layer, path, folder);
    const settings = layer.config as Settings;
    const kind = kindOf(layer);
    if (kind === 'Bidirectional') {
      const [forward, backward] = directionNames(settings, path.join('/'));
      this.folders.set([...path, forward].join('/'), `${folder}/forward_layer/cell`);
      this.folders.set([...path, backward].join('/'), `${folder}/backward_layer/cell`);
    } else if (kind === 'TimeDistributed') {
      const inner = innerLayer(settings.layer, path.join('/'));
      this.addLayer(inner, [...path, nameOf(inner)], `${folder}/layer`);
    } else if (kind === 'RNN') this.addCells(settings, path, `${folder}/cell`);
    else
      this.folders.set(
        path.join('/'),
        ['LSTM', 'GRU', 'SimpleRNN'].includes(kind) ? `${folder}/cell` : folder,
      );
  }

  private addCells(settings: Settings, path: string[], folder: string): void {
    const cells = cellsOf(settings);
    const used = new Map<string, number>();
    cells.forEach(({ class_name: kind, config }, i) => {
      const name = snakeCase(kind);
      const count = used.get(name) ?? 0;
      used.set(name, count + 1);
      const stacked = `${folder}/cells/${count === 0 ? name : `${name}_${count}`}`;
      this.folders.set([...path, cellName(config, i)].join('/'), cells.length === 1 ? folder : stacked);
    });
  }
}

/** Keras' own rule (`naming.to_snake_case`): SeparableConv2D is separable_conv2d, ReLU re_lu. */
function snakeCase(kind: string): string {
  return kind
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
