/** How a sample as it is stored becomes a network's input. A `.lop`'s metadata records it; `run`, `eval` and the page apply it. */
import type { AudioPreprocessing } from './mfcc.js';
import type { ImagePreprocessing } from './image.js';

/** A sample's values as they are stored: pixels, features, or network input as it is. */
export type StoredValues = Uint8Array | Int8Array | Float32Array;

/** `input = stored * scale + offset`; before it, what makes a picture or a sound the stored values. */
export interface Preprocessing {
  /** A number, or one a channel. */
  scale: number | number[];
  offset: number | number[];
  /** `chw`: the network's input is `[channels, height, width]`; samples are stored channels last. Absent: `hwc`. */
  layout?: 'hwc' | 'chw';
  /** How a picture of any size becomes pixels of the input's; absent: `IMAGE_DEFAULTS`. */
  image?: Partial<ImagePreprocessing>;
  /** How a sound becomes features. */
  audio?: Partial<AudioPreprocessing>;
}

const perChannel = (values: readonly number[], of: (value: number) => number): number[] =>
  values.map((value) => Math.fround(of(value)));

/** `(x / 255 - mean) / std` of each channel, as PyTorch's models want it. */
export function meanAndDeviation(mean: readonly number[], std: readonly number[]): Preprocessing {
  return {
    scale: perChannel(std, (deviation) => 1 / (255 * deviation)),
    offset: mean.map((m, c) => Math.fround(-m / std[c])),
  };
}

/** 0..255 to 0..1. */
export const UNIT: Preprocessing = { scale: /* @__PURE__ */ Math.fround(1 / 255), offset: 0 };

/** Preprocessings by name. */
export const PRESETS = {
  /** Stored values as they are. */
  none: { scale: 1, offset: 0 },
  unit: UNIT,
  /** 0..255 to -1..1: Keras' MobileNets and Inceptions. */
  'imagenet-tf': { scale: Math.fround(1 / 127.5), offset: -1, image: { fit: 'crop' } },
  /** torchvision's models. */
  'imagenet-torch': {
    .../* @__PURE__ */ meanAndDeviation([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    image: { fit: 'crop', crop: 0.875 },
  },
  /** ResNet-20 and others of PyTorch on CIFAR-10, with ImageNet's mean and deviation. */
  'cifar-torch': meanAndDeviation([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
  /** Sounds for MLPerf Tiny's keyword spotting. */
  'mlperf-kws': { scale: 1, offset: 0, audio: {} },
  /** Its features stored as int8, by the scale and zero point of its int8 network's input. */
  'mlperf-kws-int8': { scale: 0.5847029089927673, offset: -83 * 0.5847029089927673 },
} satisfies Record<string, Preprocessing>;

/**
 * Writes a stored sample, channels last, into `target` as network input.
 * @param channels of the sample's last axis
 * @throws RangeError where a list of factors is not one a channel
 */
export function fillInput(
  stored: ArrayLike<number>,
  target: Float32Array,
  channels: number,
  { scale, offset, layout = 'hwc' }: Preprocessing,
): void {
  const [scales, offsets] = [factors(scale, channels), factors(offset, channels)];
  const pixels = stored.length / channels;
  const [stepPixel, stepChannel] = layout === 'hwc' ? [channels, 1] : [1, pixels];
  for (let c = 0; c < channels; c++) {
    const [s, o] = [scales[c], offsets[c]];
    for (let p = 0, from = c; p < pixels; p++, from += channels)
      target[p * stepPixel + c * stepChannel] = stored[from] * s + o;
  }
}

function factors(value: number | number[], channels: number): Float32Array {
  if (!Array.isArray(value)) return new Float32Array(channels).fill(value);
  if (value.length !== channels)
    throw new RangeError(`preprocessing: expected ${channels} numbers, one a channel, got ${value.length}`);
  return Float32Array.from(value);
}

/** The shape of a stored sample for an input of `shape`: pictures are stored channels last. */
export function storedShape(shape: readonly number[], { layout }: Pick<Preprocessing, 'layout'>): number[] {
  return layout === 'chw' && shape.length === 3 ? [shape[1], shape[2], shape[0]] : [...shape];
}

const isColour = (size: number): boolean => size === 1 || size === 3;

/** `chw` where an input's first axis, and not its last, is 1 or 3 long. */
export function layoutOf(shape: readonly number[]): 'hwc' | 'chw' {
  return shape.length === 3 && isColour(shape[0]) && !isColour(shape[2]) ? 'chw' : 'hwc';
}

/** What bytes 0..255 become at most: least and greatest input value. */
export function byteRange({ scale, offset }: Preprocessing): { min: number; max: number } {
  const channels = Math.max([scale].flat().length, [offset].flat().length);
  const [scales, offsets] = [spread(scale, channels), spread(offset, channels)];
  const ends = offsets.flatMap((o, c) => [o, 255 * scales[c] + o]);
  return { min: Math.min(...ends), max: Math.max(...ends) };
}

function spread(value: number | number[], channels: number): number[] {
  return Array.isArray(value) ? value : Array.from({ length: channels }, () => value);
}
