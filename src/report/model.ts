import type { CompressReport } from '../compress/report.js';
import { lopStatistics, readLop, type LopModel, type LopNode, type LopWeight } from '../format/index.js';
import type { Graph } from '../graph/index.js';
import { modelFigures, type LayerFigures, type ModelFigures } from '../compress/figures.js';

/** A file to report on, and what is known of how it came to be. */
export interface ReportInput {
  /** Shown as its title. */
  name: string;
  /** A whole `.lop` file. */
  file: Uint8Array;
  /** The f32 network before, its batch norms folded: for histograms of the weights before. */
  source?: Graph;
  /** What compressing said. */
  report?: CompressReport;
  recipe?: object;
}

/** A layer with a kernel. */
export interface KernelLayer extends LayerFigures {
  kernel: LopWeight;
  /** What its kept weights stand for: int8 times its output's scale. */
  values: Float32Array;
  /** All of the source's weights, where they are known. */
  before?: ArrayLike<number>;
}

/** What the page shows of a file. */
export interface ReportedModel extends ReportInput {
  /** In [0, 1]; what the file says of itself where it was not measured. */
  accuracy?: number;
  figures: ModelFigures;
  /** In execution order; a kernel that layers share stands once. */
  kernels: KernelLayer[];
}

/** Reads a file and takes apart what the page shows. Throws LopError where it is broken. */
export function reportedModel(input: ReportInput): ReportedModel {
  const model = readLop(input.file);
  const figures = modelFigures(model, lopStatistics(input.file));
  const accuracy = input.report?.final.accuracy ?? model.metadata['accuracy'];
  return {
    ...input,
    accuracy: typeof accuracy === 'number' ? accuracy : undefined,
    figures,
    kernels: kernelLayers(model, figures, input.source),
  };
}

function kernelLayers(model: LopModel, { layers }: ModelFigures, source?: Graph): KernelLayer[] {
  const before = new Map(source?.nodes.map((node) => [node.name, source.weights.get(node.weights.kernel)]));
  const seen = new Set<string>();
  return model.nodes.flatMap((node, i) => {
    const kernel = model.weights.get(node.weights.kernel);
    if (!kernel || seen.has(kernel.name)) return [];
    seen.add(kernel.name);
    const values = keptValues(model, node, kernel);
    return [{ ...layers[i], kernel, values, before: before.get(node.name)?.data }];
  });
}

/** `scale[o] * q` of int8, one scale for all or one an output. */
function keptValues(model: LopModel, node: LopNode, { data, shape }: LopWeight): Float32Array {
  const scales = model.weights.get(node.weights.scale)?.data ?? [1];
  const perScale = scales.length === 1 ? data.length : data.length / shape[0];
  const real = Float32Array.from(data, (value, i) => value * scales[Math.floor(i / perScale)]);
  return real.filter((value) => value !== 0);
}
