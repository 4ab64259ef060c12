import { weightsOf, type Graph, type Node, type Quantization } from '../../graph/index.js';
import { accumulatorScale } from '../../ops/arithmetic.js';
import type { Changes } from './simulate.js';

/** What a quantized graph computes with, as changes of the f32 graph that it was made of. */
export function changesOf(graph: Graph, quantized: Graph): Changes {
  const nodes = new Map(quantized.nodes.map((node) => [node.name, node]));
  const weights = new Map<string, Float32Array>();
  for (const node of graph.nodes) {
    const layer = nodes.get(node.name);
    if (layer?.weights.kernel === undefined) continue;
    for (const role of ['kernel', 'bias'])
      if (node.weights[role] !== undefined)
        weights.set(node.weights[role], realValues(quantized, layer, role));
  }
  return { weights, scales: scalesOf(quantized) };
}

/** By tensor of the f32 graph. */
export function scalesOf({ tensors, nodes }: Graph): Map<string, Quantization> {
  const scales = new Map<string, Quantization>();
  for (const { name, quantization } of tensors.values()) if (quantization) scales.set(name, quantization);
  for (const { op, inputs, outputs } of nodes)
    if (op === 'quantize') scales.set(inputs[0], tensors.get(outputs[0])!.quantization!);
  return scales;
}

/** What the layer's kernel or bias stands for. */
export function realValues(quantized: Graph, layer: Node, role: string): Float32Array {
  const { scale, [role]: weight } = weightsOf(quantized, layer);
  if (scale === undefined) return weight.data as Float32Array;
  const units = role === 'bias' ? biasUnits(quantized, layer) : scale.data;
  const size = weight.data.length / units.length;
  return Float32Array.from(weight.data, (value, i) => value * units[Math.floor(i / size)]);
}

export function biasUnits(quantized: Graph, layer: Node): Float32Array {
  const { scale, kernel } = weightsOf(quantized, layer);
  const input = quantized.tensors.get(layer.inputs[0])!.quantization!;
  return Float32Array.from({ length: kernel.shape[0] }, (_, o) =>
    accumulatorScale(input.scale, scale.data[scale.data.length === 1 ? 0 : o]),
  );
}
