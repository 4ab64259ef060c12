export { pruneTargets, targetMasks, type PruneOptions, type PruneTarget } from './apply.js';
export { blockGrid, countKept, forEachElement, type BlockGrid } from './blocks.js';
export { criteria, type Criterion, type CriterionName } from './criteria.js';
export { blockScores, cutMasks, elementMask, keepLargest, keptBlocks, type Kernel } from './mask.js';
export { pruneProgress, type PruneSchedule } from './schedule.js';
