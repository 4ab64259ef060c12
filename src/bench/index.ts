export {
  bench,
  type BenchModel,
  type BenchOptions,
  type BenchRatio,
  type BenchReport,
  type BenchRow,
} from './bench.js';
export { measureLatency, quantile, type Contestant, type Latency, type LatencyOptions } from './latency.js';
export { PEERS, type PeerName } from './peers/index.js';
export { PeerAbsentError, type DenseModel, type LoadedModel } from './peers/peer.js';
