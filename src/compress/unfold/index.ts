export { unfoldBatchNorm } from './unfold.js';
export { unfoldSchema } from './schema.js';
export { unfoldStage } from './stage.js';
