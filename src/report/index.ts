export { fileFigures, modelFigures, type LayerFigures, type ModelFigures } from '../compress/figures.js';
export type { ReportInput } from './model.js';
export { writeReport, type ReportOptions } from './page.js';
export { paretoFront, type Point } from './pareto.js';
export { EventWriter } from './events/writer.js';
export { writeProgress, writeResult } from './events/compression.js';
