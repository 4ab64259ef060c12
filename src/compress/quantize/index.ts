export { calibrate, type CalibrateOptions } from './calibrate.js';
export { refine, type RefineOptions } from './refine.js';
export { quantizeGraph, type QuantizeOptions } from './rewrite.js';
export { MinMaxObserver, PercentileObserver, quantizationFor, type Range } from './range.js';
export { quantizeKernel, roundUpToF16, type WeightOptions } from './weights.js';
export { splitPrelu } from './prelu.js';
export { quantizeStage } from './stage.js';
