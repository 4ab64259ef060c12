export { reestimateBatchNorm, type BatchNormOptions } from './batch-norm.js';
export { pruneOneShot } from './prune.js';
