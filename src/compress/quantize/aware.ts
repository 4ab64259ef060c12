import type { Graph, Quantization } from '../../graph/index.js';
import type { FakeLayer, FakeQuantization } from '../../train/index.js';
import { precisionsOf } from './precision.js';
import type { Range } from './range.js';
import { quantizeGraph, type QuantizeOptions } from './rewrite.js';

/**
 * What quantizing a folded f32 graph will round, for training to round it too: read off the int8 graph itself, so that training sees what
 * the file will do.
 */
export function fakeQuantization(
  graph: Graph,
  ranges: ReadonlyMap<string, Range>,
  options: QuantizeOptions,
): FakeQuantization {
  const quantized = quantizeGraph(graph, ranges, options);
  const converters = new Map(
    quantized.nodes.filter(({ op }) => op === 'quantize').map((node) => [node.outputs[0], node.inputs[0]]),
  );
  const quantizationOf = (name: string): Quantization => quantized.tensors.get(name)!.quantization!;
  const layers: FakeLayer[] = [];
  const outputs = new Map<string, Quantization>();
  const reads = new Map<string, Map<string, Quantization>>();
  const precisions = precisionsOf(graph, options);
  const originals = new Map(graph.nodes.map((node) => [node.name, node]));
  for (const node of quantized.nodes) {
    const original = originals.get(node.name);
    if (!original) continue;
    const [output] = node.outputs;
    if (quantized.tensors.get(output)!.dtype === 'i8') outputs.set(output, quantizationOf(output));
    const converted = node.inputs.filter((name) => converters.has(name));
    if (converted.length > 0)
      reads.set(node.name, new Map(converted.map((name) => [converters.get(name)!, quantizationOf(name)])));
    if (node.weights.scale === undefined) continue;
    const { kernel, bias } = original.weights;
    const precision = precisions.get(node.name);
    const bits = typeof precision === 'number' ? precision : 8;
    const { per } = options.weights;
    layers.push({ kernel, bias, bits, per, inputScale: quantizationOf(node.inputs[0]).scale });
  }
  return { layers, outputs, reads };
}
