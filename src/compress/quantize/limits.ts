import { weightsOf, type Graph, type Node } from '../../graph/index.js';
import { averageFactor, requantizeFactor, rescaleFactor, ROUND_LIMIT } from '../../ops/arithmetic.js';
import { checkSums } from '../../ops/linear.js';

/**
 * Refuses what FORMAT.md "Arithmetic" refuses: sums that may leave i32, or results where `round` is not exact.
 *
 * @throws RangeError that names the layer and says what to do
 */
export function checkLimits(graph: Graph): void {
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => graph.tensors.get(name)!);
    if (inputs[0]?.quantization === undefined) continue;
    try {
      checkNode(graph, node);
    } catch (cause) {
      const advice = `name "${node.name}" in quantize.float, or calibrate on more samples`;
      throw new RangeError(`node '${node.name}': ${(cause as Error).message}; ${advice}`, { cause });
    }
  }
}

function checkNode(graph: Graph, node: Node): void {
  const scales = node.inputs.map((name) => graph.tensors.get(name)!.quantization?.scale ?? 0);
  const output = graph.tensors.get(node.outputs[0])!.quantization;
  const { kernel, bias, scale } = weightsOf(graph, node);
  if (kernel !== undefined) {
    const channel = (o: number): number => scale.data[scale.data.length === 1 ? 0 : o];
    const factors = output
      ? Array.from({ length: kernel.shape[0] }, (_, o) =>
          requantizeFactor(scales[0], channel(o), output.scale),
        )
      : undefined;
    checkSums(kernel, bias?.data ?? new Int32Array(kernel.shape[0]), factors);
  } else if (output !== undefined) checkResult(largestResult(graph, node, scales, output.scale));
}

/** Greatest magnitude, in quanta of the output, that reaches `round`. */
function largestResult(graph: Graph, node: Node, scales: number[], output: number): number {
  if (node.op === 'add' || node.op === 'sub')
    return 255 * (rescaleFactor(scales[0], output) + rescaleFactor(scales[1], output));
  if (node.op === 'mul') return 255 * 255 * requantizeFactor(scales[0], scales[1], output);
  const pixels = averagedPixels(graph, node);
  return pixels === undefined ? 0 : 255 * pixels * averageFactor(scales[0], output, pixels);
}

function averagedPixels(graph: Graph, node: Node): number | undefined {
  const [height, width] = graph.tensors.get(node.inputs[0])!.shape;
  if (node.op === 'global_avg_pool2d') return height * width;
  if (node.op !== 'avg_pool2d') return undefined;
  const [rows, columns] = node.attributes.size as number[];
  return rows * columns;
}

function checkResult(largest: number): void {
  if (largest >= ROUND_LIMIT)
    throw new RangeError(`expected results below 2^22 quanta of the output, got up to ${largest}`);
}
