export { bench, type BenchReport, type BenchSource, type RunContest } from './bench.js';
export type {
  BenchFile,
  BenchModel,
  BenchProfile,
  BenchRatio,
  BenchRow,
  Contest,
  ContestOptions,
} from './contest.js';
export { measureLatency, quantile, type Contestant, type Latency, type LatencyOptions } from './latency.js';
export { PEER_NAMES, type PeerName } from './peers/names.js';
export { PeerAbsentError, type DenseModel, type LoadedModel } from './peers/peer.js';
export { ARCHITECTURES, buildArchitecture, isArchitecture } from './architectures/index.js';
export {
  drawWeights,
  makeVariant,
  quantizeModel,
  randomInput,
  variantsOf,
  type Variant,
} from './synthetic/index.js';
export { allowBuild } from './main.js';
export { withBrowser } from './browser/run.js';
