export { recoverStage } from './stage.js';
export { recoverSchema } from './schema.js';
