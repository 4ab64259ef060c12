export { ensureBackend, selectBackend, withStockBackend } from './backend.js';
export { augmentImages, shiftAndFlip, zoomIn, type AugmentOptions } from './augment.js';
export { Batcher, type Augment, type Batch } from './batches.js';
export * from './data/index.js';
export {
  evaluate,
  inferenceBatch,
  predictClasses,
  ScoreBoard,
  type Evaluation,
  type EvaluateOptions,
} from './evaluate.js';
export {
  baseRate,
  fit,
  runTraining,
  trainingLength,
  type EpochReport,
  type FitOptions,
  type RunOptions,
  type StepReport,
  type Trainings,
} from './fit.js';
export { sharedFeatures, type DistillOptions } from './distill.js';
export { Watch, type EarlyStoppingOptions, type WatchState } from './early-stopping.js';
export { type FakeLayer, type FakeQuantization } from './fake-quantize.js';
export { forward, forwardAll, logitsOf, runNode, weightTensors, type ForwardOptions } from './forward.js';
export { initialize } from './initialize.js';
export { createOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.js';
export {
  createParameters,
  graphValues,
  readBack,
  setMask,
  setValues,
  type Parameter,
  type Parameters,
} from './parameters.js';
export { Crew, type CrewOptions } from './parallel/crew.js';
export { type RegularizeOptions } from './regularize.js';
export { mix, randomStream, type Random } from './random.js';
export { sampling, type Sampling, type SamplingOptions } from './sampling.js';
export { learningRateFactor, type LearningRateSchedule, type Length } from './schedule.js';
export { tidyValues } from './tidy-values.js';
export { Trainer, type Gradients, type TrainerOptions, type TrainerState } from './trainer.js';
