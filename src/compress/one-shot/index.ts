export { reestimateBatchNorm, type BatchNormOptions } from './batch-norm.js';
export { correctBiases } from './bias.js';
export { pruneOneShot, type OneShotOptions } from './prune.js';
export { correctStage, oneShotStage } from './stage.js';
