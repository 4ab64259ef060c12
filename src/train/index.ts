export { ensureBackend, selectBackend, withStockBackend } from './backend.js';
export { shiftAndFlip, type AugmentOptions } from './augment.js';
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
} from './fit.js';
export { forward, forwardAll, logitsOf, runNode, weightTensors, type ForwardOptions } from './forward.js';
export { initialize } from './initialize.js';
export { type OptimizerOptions } from './optimizer.js';
export {
  createParameters,
  graphValues,
  readBack,
  setMask,
  type Parameter,
  type Parameters,
} from './parameters.js';
export { Crew, type CrewOptions } from './parallel/crew.js';
export { learningRateFactor, type LearningRateSchedule, type Length } from './schedule.js';
export { Trainer, type Gradients, type TrainerOptions, type TrainerState } from './trainer.js';
