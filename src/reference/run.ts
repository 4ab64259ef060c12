import { elements, type Graph, type Tensor } from '../graph/graph.js';
import { tensorOf } from '../graph/lookup.js';
import { viewOf } from '../ops/check.js';
import type { Values } from '../ops/op.js';
import { getOp } from '../ops/table.js';

/**
 * Runs the graph with plain loops on one sample.
 * @param inputs one array for each of the graph's inputs: Float32Array for f32, Int8Array for i8; row-major, channels last.
 * @returns one array for each of the graph's outputs.
 * @throws TypeError for an array of the wrong kind, RangeError for one of the wrong length.
 */
export function runReference(graph: Graph, inputs: Values[]): Values[] {
  const values = referenceTensors(graph, inputs);
  return graph.outputs.map((name) => values.get(name)!);
}

/** Engines without WebAssembly may lack `performance` too. */
const now = (): number => (globalThis.performance ?? Date).now();

/**
 * Like `runReference`, but gives every activation by tensor name, the inputs among them.
 * @param took hears how long each node ran
 */
export function referenceTensors(
  graph: Graph,
  inputs: Values[],
  took?: (node: number, ms: number) => void,
): Map<string, Values> {
  if (inputs.length !== graph.inputs.length) {
    throw new RangeError(`inputs: expected ${graph.inputs.length}, got ${inputs.length}`);
  }
  const values = new Map<string, Values>();
  graph.inputs.forEach((name, i) => {
    checkInput(tensorOf(graph, name), inputs[i]);
    values.set(name, inputs[i]);
  });
  graph.nodes.forEach((node, i) => {
    const begin = took ? now() : 0;
    const view = viewOf(graph, node);
    const read = node.inputs.map((name) => values.get(name)!);
    values.set(node.outputs[0], getOp(node.op).reference(view, read, view.weights));
    took?.(i, now() - begin);
  });
  return values;
}

/** Throws where values are not what `batch` samples of a tensor are. */
export function checkInput(tensor: Tensor, values: Values, batch = 1): void {
  const kind = tensor.dtype === 'i8' ? Int8Array : Float32Array;
  if (!(values instanceof kind)) {
    throw new TypeError(
      `input '${tensor.name}': expected ${kind.name}, got ${Object.prototype.toString.call(values)}`,
    );
  }
  const wanted = elements(tensor.shape) * batch;
  if (values.length !== wanted) {
    const many = batch > 1 ? `${batch} x ` : '';
    throw new RangeError(
      `input '${tensor.name}': expected ${wanted} values for ${many}[${tensor.shape}], got ${values.length}`,
    );
  }
}
