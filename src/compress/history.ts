/** One line of a compression's story: an epoch of training, or a measurement on the test samples. */
export interface HistoryEntry {
  /** The stage that it belongs to; `baseline` and `final` are before the first and after the last. */
  stage: string;
  /** What loss and accuracy are of: training samples while they were trained, or test samples. */
  samples: 'training' | 'test';
  /** Steps of training done, and epochs begun, of this stage. */
  step?: number;
  epoch?: number;
  /** Of all kernels, in [0, 1]. */
  sparsity: number;
  /** Mean cross-entropy, nats. */
  loss?: number;
  /** In [0, 1]; where the samples have no labels, agreement with the source. */
  accuracy?: number;
  learning_rate?: number;
}
