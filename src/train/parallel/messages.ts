/** What the threads of a training tell each other. Weights, samples and gradients lie in memory that they share. */
import type { Graph } from '../../graph/index.js';
import type { BackendName } from '../backend.js';
import type { BatchScore } from '../loss.js';
import type { TrainerOptions } from '../trainer.js';

/** What a thread is started with. */
export interface Start {
  graph: Graph;
  options: TrainerOptions;
  backend: BackendName;
  /** f32 values of all parameters, one after another. */
  weights: SharedArrayBuffer;
}

/** One shard to do. */
export interface Task {
  step: number;
  shard: number;
  count: number;
  /** f32 input of `count` samples. */
  x: SharedArrayBuffer;
  y: Int32Array;
  /** Where the gradients go: f32, of all trainable parameters, one after another. */
  gradients: SharedArrayBuffer;
}

export type Reply =
  { type: 'ready' } | { type: 'done'; score: BatchScore; statistics: [string, Float32Array][] };
