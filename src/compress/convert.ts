import { writeLop } from '../format/index.js';
import { elements, type Graph } from '../graph/index.js';
import { checkGraph } from '../ops/check.js';
import { prepareForExport } from '../passes/index.js';
import { graphHash } from './checkpoint.js';
import { madeFrom } from './metadata.js';
import { shortenNames } from './names.js';
import { roundToHalf } from './quantize/index.js';
import { layerReports, type LayerReport } from './report.js';

/** How `convert` writes. */
export interface ConvertOptions {
  /** Range coding of what it shrinks; default true. */
  entropy?: boolean;
  /** Kernels and other f32 matrices rounded to half precision, which halves the file; they compute as f32. Default false. */
  float16?: boolean;
}

/** What became of a model without pruning or training. */
export interface ConvertReport {
  /** Of the whole `.lop` file. */
  file_bytes: number;
  /** Of the weights in 32 bits. */
  dense_f32_bytes: number;
  /** Elements of all weights of the model that was given. */
  params: number;
  /** Sparsity of each layer that has a kernel. */
  layers: LayerReport[];
}

/**
 * Writes a graph as it is: cleaned up, folded and lowered to file operators, nothing pruned, trained or measured, so no data
 * are needed. f32 stays f32 (unless `float16`), and int8 that came with the model stays int8. `graph` stays as it is.
 *
 * @throws RangeError where a node does not fit its operator
 */
export function convert(
  graph: Graph,
  { entropy = true, float16 = false }: ConvertOptions = {},
): { bytes: Uint8Array; report: ConvertReport } {
  checkGraph(graph);
  const prepared = prepareForExport(graph);
  checkGraph(prepared);
  if (float16) roundToHalf(prepared);
  const layers = layerReports(prepared);
  shortenNames(prepared);
  prepared.metadata = { ...graph.metadata, ...madeFrom(graph.metadata, graphHash(graph)) };
  const bytes = writeLop(prepared, { entropy });
  const params = Array.from(graph.weights.values(), ({ shape }) => elements(shape)).reduce(
    (a, b) => a + b,
    0,
  );
  return { bytes, report: { file_bytes: bytes.length, dense_f32_bytes: 4 * params, params, layers } };
}
