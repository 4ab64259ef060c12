import {
  lopStatistics,
  readLop,
  type LopModel,
  type LopStatistics,
  type WeightStatistics,
} from '../format/index.js';
import { nodeMacs } from '../ops/macs.js';

/** One node of a file. Weights that nodes share are counted at the first. */
export interface LayerFigures {
  name: string;
  op: string;
  /** Of its output, without batch. */
  shape: number[];
  params: number;
  kept: number;
  sparsity: number;
  /** Multiply-adds of a sample with every weight, and with those that are not zero. */
  macs: number;
  kept_macs: number;
  /** On disk: all of its weights, their positions and values, and the entropy of both. */
  bytes: number;
  position_bytes: number;
  value_bytes: number;
  entropy_bound_bytes: number;
  /** Of its kernel: `OxI`, and how the file stores it; empty where it has none. */
  block: string;
  stored: string;
}

/** A file in figures. */
export interface ModelFigures extends Omit<LopStatistics, 'weights'> {
  macs: number;
  kept_macs: number;
  /** What weights take on disk; the rest of the file is names, tensors, nodes and metadata. */
  weight_bytes: number;
  /** `file_bytes / entropy_bound_bytes`. */
  bytes_to_bound: number;
  layers: LayerFigures[];
}

/** Figures of a whole `.lop` file. Throws LopError where it is broken. */
export function fileFigures(file: Uint8Array): ModelFigures {
  return modelFigures(readLop(file), lopStatistics(file));
}

/** Adds up what a file's statistics and its nodes say. */
export function modelFigures(model: LopModel, { weights, ...total }: LopStatistics): ModelFigures {
  const layers = layerFigures(model, weights);
  return {
    ...total,
    macs: sum(layers, 'macs'),
    kept_macs: sum(layers, 'kept_macs'),
    weight_bytes: sum(weights, 'bytes'),
    bytes_to_bound: total.file_bytes / total.entropy_bound_bytes,
    layers,
  };
}

function layerFigures(model: LopModel, weights: readonly WeightStatistics[]): LayerFigures[] {
  const left = new Map(weights.map((weight) => [weight.name, weight]));
  return model.nodes.map((node) => {
    const own = Object.values(node.weights).flatMap((name) => left.get(name) ?? []);
    own.forEach(({ name }) => left.delete(name));
    const counted = own.filter(({ role }) => role !== 'scale');
    const [params, kept] = [sum(counted, 'params'), sum(counted, 'kept')];
    const kernel = own.find(({ role }) => role === 'kernel');
    const macs = nodeMacs(model, node);
    return {
      name: node.name,
      op: node.op,
      shape: model.tensors.get(node.outputs[0])!.shape,
      params,
      kept,
      sparsity: params === 0 ? 0 : 1 - kept / params,
      macs: macs.macs,
      kept_macs: macs.kept,
      bytes: sum(own, 'bytes'),
      position_bytes: sum(own, 'position_bytes'),
      value_bytes: sum(own, 'value_bytes'),
      entropy_bound_bytes: sum(own, 'entropy_bound_bytes'),
      block: kernel ? kernel.block.join('x') : '',
      stored: kernel ? describeStorage(kernel) : '',
    };
  });
}

function describeStorage({ positions, values, coding, dtype }: WeightStatistics): string {
  return `${positions}, ${dtype} ${values}${coding === 'none' ? '' : `; ${coding} coded`}`;
}

function sum<Key extends string>(items: readonly Record<Key, number>[], key: Key): number {
  return items.reduce((total, item) => total + item[key], 0);
}
