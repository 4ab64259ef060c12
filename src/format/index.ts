export { LopError, type LopErrorCode } from './error.js';
export type {
  LopAttribute,
  LopDType,
  LopModel,
  LopNode,
  LopQuantization,
  LopTensor,
  LopWeight,
} from './layout.js';
export { nearestF16 } from './f16.js';
export { readLop } from './read.js';
export { writeLop, type WriteOptions } from './write.js';
export { lopStatistics, type LopStatistics, type WeightStatistics } from './statistics.js';
