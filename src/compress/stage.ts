import type { Graph } from '../graph/index.js';
import type { Dataset } from '../train/index.js';
import type { StageCheckpoint } from './checkpoint.js';
import type { MeasureLayers } from './cost.js';
import type { CompressProgress } from './progress.js';
import type { MixedReport, QuantizedKernel, Range } from './quantize/index.js';
import type { Recipe } from './recipe.js';

/** What one stage hands to the next; structured data, which checkpoints keep. */
export interface Work {
  /** f32 until it is quantized. What was pruned is zero, in blocks of its weight's `block`. */
  graph: Graph;
  /** Of activations by tensor, once a stage knows them: quantizing then does not calibrate. */
  ranges?: ReadonlyMap<string, Range>;
  /** Of layers that share weights, by name, once a stage trained them. */
  kernels?: ReadonlyMap<string, QuantizedKernel>;
  /** Each layer's precision, once a stage chose it. */
  mixed?: MixedReport;
}

/** A figure on the way, for reports. */
export interface HistoryEntry {
  /** The stage's name. */
  stage: string;
  /** Steps done in the stage, and the epoch from 0, where it trains. */
  step?: number;
  /** From 0. */
  epoch?: number;
  /** Of all kernels, in [0, 1]. */
  sparsity?: number;
  /** Mean over the epoch. */
  loss?: number;
  /** On training samples while they were trained, in [0, 1]. */
  trained?: number;
  /** What early stopping watches on held-out samples: their mean loss, or the fraction that is right. */
  validation?: number;
  /** On test samples, in [0, 1]. */
  accuracy?: number;
}

/** What every stage is told. */
export interface StageContext {
  /** Checked, with its defaults. */
  recipe: Recipe;
  /** Both splits hold samples; training has labels. */
  data: Dataset;
  /** The network that was given, cleaned up, f32: what is compared with and learnt from. */
  source: Graph;
  /** Threads that training may use. */
  workers: number;
  /** This stage's state. */
  checkpoint: StageCheckpoint;
  /** For budgets of ms: times layers on the device that is meant. */
  layerCosts?: MeasureLayers;
  /** Adds a figure to the report. */
  record(entry: HistoryEntry): void;
  /** Told of every step. */
  onProgress?(progress: CompressProgress): void;
  /** Cuts the work off between two steps. */
  signal?: AbortSignal;
}

/** One part of a compression: a graph in, a graph out. */
export interface Stage {
  /** As reports and checkpoints call it. */
  name: string;
  /** False where the recipe asks nothing of it. */
  applies(recipe: Recipe): boolean;
  /** Leaves the arrays of `work` as they are. @throws the signal's reason, between two steps, where it aborts */
  run(work: Work, context: StageContext): Work | Promise<Work>;
}
