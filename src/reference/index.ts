export { loadReference } from './load.js';
export type { ReferenceModel } from './load.js';
export { referenceTensors, runReference } from './run.js';
