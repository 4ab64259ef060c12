/** What a compression is doing. */
export type Phase = 'baseline' | 'structure' | 'score' | 'recover' | 'calibrate' | 'evaluate';

/** Told often: the caller decides how often to draw. */
export interface CompressProgress {
  phase: Phase;
  /** Of `total`: steps when recovering, parts of the work when channels or layers go, samples else. */
  done: number;
  total: number;
  /** When recovering: the epoch from 0, and mean cross-entropy and accuracy of the last batch. */
  epoch?: number;
  loss?: number;
  accuracy?: number;
  /** When recovering: of the last step. */
  learningRate?: number;
  /** When recovering: part of the final sparsity that holds now, in [0, 1]. */
  pruned?: number;
}
