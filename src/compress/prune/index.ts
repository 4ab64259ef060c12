export { blockGrid, countKept, forEachElement, type BlockGrid } from './blocks.js';
export {
  criteria,
  type Criterion,
  type CriterionName,
  type Evidence,
  type Kernel,
  type OutputStatistics,
  type Scored,
} from './criteria.js';
export { allocate, type Step } from './allocate.js';
export { cutMasks, lampSparsities, type Cut } from './cut.js';
export { erkSparsities } from './erk.js';
export { collectEvidence, kernelOf, type EvidenceOptions } from './evidence/collect.js';
export { keepInRuns, keepLargest, keepPattern, keptBlocks, blockScores } from './mask.js';
export { Pruner, type PruneContext } from './pruner.js';
export { removeDeadUnits } from './dead-units.js';
export { dropAndGrow, regrowFraction, type Regrow } from './regrow.js';
export { pruneTime, sparsityAt, timeBefore, type PruneSchedule } from './schedule.js';
export { scheduleFault } from './schedule-faults.js';
export {
  regrowEnd,
  scheduleFor,
  settledAt,
  type GradualOptions,
  type ScheduleOptions,
} from './schedule-schema.js';
export {
  prunableKernels,
  pruneTargets,
  targetMasks,
  type PruneOptions,
  type PruneTarget,
  type Scope,
} from './targets.js';
export { elementMask, storedBlock, unitGrid, withBlock, type Granularity } from './units.js';
export { bySize } from './scan-scope.js';
export {
  measureChanges,
  sensitivityScan,
  type Damage,
  type LayerScan,
  type ScanOptions,
  type ScanPoint,
} from './sensitivity.js';
