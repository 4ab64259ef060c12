import { cloneGraph, transposed, type Graph, type Node } from '../graph/index.js';
import { layoutOf, untransposed, type TfLayout } from './layout.js';

/** A weight in training: plain arrays in tfjs' layout, so that state is saved, compared and masked without tfjs. */
export interface Parameter {
  /** The graph's name of the weight. */
  name: string;
  role: string;
  /** Shape in tfjs. */
  shape: number[];
  values: Float32Array;
  /** 1 where kept, 0 where pruned; absent: all kept. */
  mask?: Uint8Array;
  /** False for moving averages of batch norm and for constants, which gradients do not move. */
  trainable: boolean;
  /** State of the optimizer, as it names it. */
  slots: Float32Array[];
  /** Of the weight in the graph. */
  graphShape: number[];
  layout?: TfLayout;
}

/** By weight name. */
export type Parameters = Map<string, Parameter>;

/** Moving averages of batch norm; values, states and tables that the model's author wrote down. */
const FIXED = new Set(['mean', 'variance', 'value', 'initial_h', 'initial_c', 'lower', 'upper', 'fraction']);

/** Of layers that are linear in their input or state. */
export function isKernel(role: string): boolean {
  return role === 'kernel' || role === 'recurrent';
}

/** Whether gradients move weights of this role: kernels, biases and norms, not statistics or constants. */
export function isTrainable(role: string): boolean {
  return !FIXED.has(role);
}

/**
 * The f32 weights of a graph, copied into tfjs' layout. A weight that two nodes share is one parameter.
 *
 * @throws TypeError where a weight is not f32: quantized graphs are not trained.
 */
export function createParameters(graph: Graph): Parameters {
  const parameters: Parameters = new Map();
  for (const node of graph.nodes) {
    for (const [role, name] of Object.entries(node.weights)) {
      if (!parameters.has(name)) parameters.set(name, createParameter(graph, node, role));
    }
  }
  return parameters;
}

function createParameter(graph: Graph, node: Node, role: string): Parameter {
  const weight = graph.weights.get(node.weights[role])!;
  const { data } = weight;
  // Indices of `interpolate` are i32.
  if (!(data instanceof Float32Array) && (isTrainable(role) || data instanceof Int8Array))
    throw new TypeError(`weight '${weight.name}': expected f32 to train, got ${weight.dtype}`);
  const values = Float32Array.from(data);
  const layout = layoutOf(graph, node, role);
  return {
    name: weight.name,
    role,
    shape: layout?.shape ?? weight.shape,
    values: layout ? transposed(values, weight.shape, layout.permutation) : values,
    trainable: isTrainable(role),
    slots: [],
    graphShape: weight.shape,
    layout,
  };
}

/** The parameter's values in the graph's layout; a copy. */
export function graphValues(parameter: Parameter): Float32Array {
  const { values, layout, graphShape } = parameter;
  return layout ? untransposed(values, graphShape, layout.permutation) : values.slice();
}

/** One value a weight, in the graph's layout, as the parameter lies; maybe a view. */
export function inLayout<T extends Float32Array | Uint8Array | Int32Array>(
  { layout, graphShape }: Parameter,
  data: T,
): T {
  return layout ? transposed(data, graphShape, layout.permutation) : data;
}

/** Sets the values (graph's layout). */
export function setValues(parameter: Parameter, values: Float32Array): void {
  parameter.values.set(inLayout(parameter, values));
}

/** Sets the mask (graph's layout, 1 = kept) and zeroes what it prunes. Momentum of pruned weights is forgotten. */
export function setMask(parameter: Parameter, mask: Uint8Array): void {
  const { values, slots } = parameter;
  parameter.mask = inLayout(parameter, mask).slice();
  for (const array of [values, ...slots]) {
    for (let i = 0; i < array.length; i++) if (parameter.mask[i] === 0) array[i] = 0;
  }
}

/** A copy of `graph` with the trained values. */
export function readBack(graph: Graph, parameters: Parameters): Graph {
  const trained = cloneGraph(graph);
  for (const parameter of parameters.values()) {
    const weight = trained.weights.get(parameter.name)!;
    if (weight.dtype === 'f32') weight.data = graphValues(parameter);
  }
  return trained;
}
