import { elements, type Graph } from '../graph/index.js';
import { countMacs } from '../ops/macs.js';
import type { Evaluation } from '../train/index.js';
import { fileFigures, type LayerFigures, type ModelFigures } from './figures.js';
import { countKept } from './prune/index.js';
import type { MixedReport } from './quantize/index.js';
import type { HistoryEntry } from './stage.js';

/** Sparsity of one layer's kernel. */
export interface LayerReport {
  /** The node's. */
  name: string;
  /** Its operator, as docs/operators.md names it. */
  op: string;
  /** Elements of the layer's kernel. */
  params: number;
  /** Not zero. */
  kept: number;
  /** In [0, 1]. */
  sparsity: number;
}

/** A layer of the file; what `params` and `kept` count of it is its kernel alone, bytes are of all its weights. */
export type FileLayerReport = LayerReport & Pick<LayerFigures, (typeof OF_LAYER)[number]> & { ratio: number };

const OF_LAYER = ['macs', 'kept_macs', 'bytes', 'entropy_bound_bytes'] as const;

/** The file in all. */
type FileReport = Pick<ModelFigures, (typeof OF_FILE)[number]> & { layers: FileLayerReport[] };

const OF_FILE = [
  'file_bytes',
  'params',
  'kept',
  'macs',
  'kept_macs',
  'weight_bytes',
  'entropy_bound_bytes',
  'bytes_to_bound',
] as const;

/** Of the file, on test samples: accuracy where they have labels, else how often it says what the source says, in [0, 1]. */
export type Measured = Partial<Evaluation> & { count: number; agreement?: number };

/** What a compression did. */
export interface CompressReport {
  /** Of the file. */
  file_bytes: number;
  /** Of all kernels together, in [0, 1]. */
  sparsity: number;
  /** Of the model that was given, on test samples. */
  baseline: Partial<Evaluation> & { params: number; macs: number; dense_f32_bytes: number };
  /** Of the file, on test samples, and where its bytes are. */
  final: Measured & FileReport;
  /** This call's; a resumed run does not count what it did before. */
  seconds: number;
  /** Steps of recovery in all. */
  steps: number;
  /** How each layer's precision was chosen, where `quantize.mixed` did. */
  mixed?: MixedReport;
  /** What was measured on the way. */
  history: HistoryEntry[];
  /** The step a checkpoint was resumed at, if one was. */
  resumed_at?: number;
}

/** Sparsity of each layer with a kernel; a shared kernel stands once. */
export function layerReports(graph: Graph): LayerReport[] {
  const seen = new Set<string>();
  return graph.nodes.flatMap((node) => {
    const kernel = graph.weights.get(node.weights.kernel);
    if (kernel === undefined || seen.has(kernel.name)) return [];
    seen.add(kernel.name);
    const params = elements(kernel.shape);
    const kept = countKept(kernel);
    return [{ name: node.name, op: node.op, params, kept, sparsity: 1 - kept / params }];
  });
}

/** Fraction of zeros over all layers. */
export function totalSparsity(layers: readonly LayerReport[]): number {
  const params = layers.reduce((sum, layer) => sum + layer.params, 0);
  const kept = layers.reduce((sum, layer) => sum + layer.kept, 0);
  return params === 0 ? 0 : 1 - kept / params;
}

/** The report's part on the dense original; weights count as f32. */
export function baselineReport(graph: Graph, evaluation: Evaluation | undefined): CompressReport['baseline'] {
  const params = [...graph.weights.values()].reduce((sum, { shape }) => sum + elements(shape), 0);
  return { ...evaluation, params, macs: countMacs(graph).macs, dense_f32_bytes: 4 * params };
}

/** The report's part on the file; `layers` are its graph's, `names` those of its nodes before they were shortened. */
export function fileReport(
  file: Uint8Array,
  layers: readonly LayerReport[],
  names: readonly string[],
): FileReport {
  const figures = fileFigures(file);
  const byName = new Map(figures.layers.map((layer, i) => [names[i], layer]));
  return {
    ...pick(figures, OF_FILE),
    layers: layers.map((layer) => {
      const stored = pick(byName.get(layer.name)!, OF_LAYER);
      return { ...layer, ...stored, ratio: (4 * layer.params) / stored.bytes };
    }),
  };
}

function pick<T, Key extends keyof T>(from: T, keys: readonly Key[]): Pick<T, Key> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, Key>;
}
