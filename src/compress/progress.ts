/** What a compression is doing. */
export type Phase =
  | 'baseline'
  | 'unfold'
  | 'structure'
  | 'score'
  | 'one-shot'
  | 'recover'
  | 'correct'
  | 'quantize-aware'
  | 'calibrate'
  | 'mixed'
  | 'evaluate';

/** Told often: the caller decides how often to draw. */
export interface CompressProgress {
  /** The part of the work that `done` and `total` count. */
  phase: Phase;
  /** Of `total`: steps when training, parts of the work when channels or layers go, layers without training, samples else. */
  done: number;
  /** At least `done`, and the same until the phase changes. */
  total: number;
  /** When training: the epoch from 0, and mean cross-entropy and accuracy of the last batch. */
  epoch?: number;
  /** Mean cross-entropy of the last batch, at least 0. */
  loss?: number;
  /** Fraction of the last batch that is right, in [0, 1]. */
  accuracy?: number;
  /** When training: of the last step. */
  learningRate?: number;
  /** When recovering: part of the final sparsity that holds now, in [0, 1]. */
  pruned?: number;
}
