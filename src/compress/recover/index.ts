export { recoverStage } from './stage.js';
export { recoverSchema } from './schema.js';
export { needsLabels, recipeLength, recoverContradiction } from './training.js';
