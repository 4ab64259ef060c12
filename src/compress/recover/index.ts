export { recoverStage } from './stage.js';
export { recoverSchema } from './schema.js';
export { needsLabels, recipeLength, recipeSteps, recoverContradiction } from './training.js';
