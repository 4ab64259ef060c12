export { IMAGE_DEFAULTS, imageValues, pictureShape, type ImagePreprocessing } from './image.js';
export { AUDIO_DEFAULTS, mfcc, mfccShape, type AudioPreprocessing } from './mfcc.js';
export {
  byteRange,
  fillInput,
  layoutOf,
  meanAndDeviation,
  PRESETS,
  storedShape,
  type Preprocessing,
  type StoredValues,
} from './preprocessing.js';
export { resample, resize, type Filter, type Picture, type Region } from './resize.js';
