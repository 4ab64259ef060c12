import { readLop } from '../format/index.js';
import type { Graph, Tensor } from '../graph/graph.js';
import { tensorOf } from '../graph/lookup.js';
import { checkGraph } from '../ops/check.js';
import type { Values } from '../ops/op.js';
import { referenceTensors, runReference } from './run.js';

/** A `.lop` that runs in plain loops: slow, exact, the same bits as the WebAssembly runtime in int8. */
export interface ReferenceModel {
  readonly graph: Graph;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly metadata: Graph['metadata'];
  /** One array for each input in, one for each output out: see `runReference`. */
  run(...inputs: Values[]): Values[];
  /** A run that tells how long each node took. */
  time(inputs: Values[], took: (node: number, ms: number) => void): void;
}

/**
 * @param bytes of a `.lop`
 * @throws LopError for a file that is not one, RangeError for one whose nodes do not fit their operators
 */
export function loadReference(bytes: Uint8Array): ReferenceModel {
  const graph: Graph = readLop(bytes);
  checkGraph(graph);
  return {
    graph,
    inputs: graph.inputs.map((name) => tensorOf(graph, name)),
    outputs: graph.outputs.map((name) => tensorOf(graph, name)),
    metadata: graph.metadata,
    run: (...inputs) => runReference(graph, inputs),
    time: (inputs, took) => void referenceTensors(graph, inputs, took),
  };
}
