export { reestimateBatchNorm, type BatchNormOptions } from './batch-norm.js';
