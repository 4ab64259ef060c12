export {
  DatasetError,
  isBytes,
  isInMemory,
  labelsOf,
  takeFirst,
  valuesOf,
  type Dataset,
  type Preprocessing,
  type SampleReader,
  type Split,
  type StoredValues,
} from './dataset.js';
export { decodeSound, SOUNDS } from './audio.js';
export { decodePicture, PICTURES } from './images.js';
export { readNpy } from './npy.js';
export { alternate } from './divide.js';
export { dataHash } from './hash.js';
export { loadDataset, type LoadOptions } from './load.js';
export { type FetchProgress } from './fetch.js';
