export { DatasetError, takeFirst, type Dataset, type Preprocessing, type Split } from './dataset.js';
export { loadDataset, type LoadOptions } from './load.js';
export { type FetchProgress } from './fetch.js';
