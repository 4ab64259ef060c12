export { importModel } from './import-model.js';
export type { ImportOptions } from './importer.js';
export { ImportError } from './errors.js';
export type { Fault, ImportErrorCode } from './errors.js';
export type { ModelSource } from './source.js';
