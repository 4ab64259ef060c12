import type { GraphBuilder } from '../builder.js';
import { ImportError } from '../errors.js';
import type { WeightStore } from '../weight-store.js';
import { activationFault, type LayerConfig, type Settings } from './config.js';

/** One call of a layer: what it reads, and where what it computes goes. */
export interface LayerCall {
  /** Names of the models around the layer, then its own. */
  path: string[];
  config: LayerConfig;
  /** Tensors it reads. */
  inputs: string[];
  builder: GraphBuilder;
  weights: WeightStore;
}

/** How one class of Keras layer becomes nodes. */
export interface LayerSpec {
  /** What in its settings no operator computes; nothing where all is well. */
  faults?(settings: Settings): string[];
  /** Adds the nodes; gives the tensor that the layer outputs. */
  convert(call: LayerCall): string;
}

/** The name of a layer's (first) node. */
export function nodeName(call: LayerCall): string {
  return call.path.join('/');
}

/** The shape of the layer's one input, an image; ImportError for another rank. */
export function imageOf(call: LayerCall): [number, number, number] {
  const shape = call.builder.shapeOf(call.inputs[0]);
  if (shape.length === 3) return shape as [number, number, number];
  throw new ImportError(
    'shape',
    `${nodeName(call)}: expected an input [height, width, channels], got [${shape}]`,
  );
}

/**
 * A weight of the layer in the graph's layout.
 * @param shape in the foreign model
 * @param permutation of its axes, then read as `graphShape`
 */
export function layerWeight(
  call: LayerCall,
  role: string,
  shape: number[],
  permutation: number[] = [0],
  graphShape: number[] = shape,
): string {
  return call.builder.weight(`${nodeName(call)}/${role}`, graphShape, () => {
    return call.weights.take(call.path, role, shape, permutation);
  });
}

/** `build` with the layer's activation where an operator can apply it itself; softmax becomes a node of its own. */
export function withActivation(call: LayerCall, build: (fused: string) => string): string {
  const activation = call.config.activation();
  if (activation !== 'softmax') return build(activation);
  return call.builder.node(`${nodeName(call)}/softmax`, 'softmax', [build('linear')]);
}

export function linearFaults(settings: Settings): string[] {
  return [...channelFaults(settings), activationFault(settings) ?? []].flat();
}

export function channelFaults(settings: Settings): string[] {
  const format = settings.data_format ?? 'channels_last';
  return format === 'channels_last' ? [] : [`data_format: expected channels_last, got ${String(format)}`];
}
