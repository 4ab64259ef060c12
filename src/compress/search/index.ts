export { search, type SearchOptions, type SearchReport } from './search.js';
export { parseSearch, SearchError, type Bound, type SearchDescription } from './schema.js';
export { JournalError, hashOf } from './journal.js';
export { inProcess, type TrialRunner } from './runner.js';
export type { Stage, TrialRecord } from './session.js';
export {
  formsOf,
  hasFailed,
  TrialBench,
  type TrialOrder,
  type TrialOutcome,
  type TrialResult,
  type TrialRunOptions,
} from './trial.js';
export { pickSamples } from './split.js';
export type { LayerCost, LayerCosts, LayerForm } from '../cost.js';
