/** The entry `lopper/image`: what a page shows as a network's input, as the model's metadata says; the same values as `lopper run` on the same pixels. */
import { planFrames, type Plan } from './frames.js';
import { pictureShape } from './image.js';
import { fillInput, layoutOf, storedShape, UNIT, type Preprocessing } from './preprocessing.js';

/** What of a model is asked for: both runtimes' models have it. */
export interface Described {
  /** The first is the picture. */
  readonly inputs: readonly {
    readonly shape: readonly number[];
    readonly dtype: 'f32' | 'i8';
    readonly scale: number;
    readonly zeroPoint: number;
  }[];
  /** Of the file: `preprocessing` and `labels` are read. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Pixels, or what a canvas can draw: a picture, canvas, video, bitmap or frame. */
export type ImageSource = ImageData | Drawable;

type Drawable = Exclude<CanvasImageSource, SVGImageElement>;

/** How pictures become input. */
export interface ImageOptions {
  /** Instead of what the model's metadata says. */
  preprocessing?: Preprocessing;
  /** Pictures are dark on light and the network learnt light on dark, or the other way. Default false. */
  invert?: boolean;
}

/** Which class, by number and name, and its score. */
export interface Scored {
  /** From 0. */
  index: number;
  /** The class' name in the metadata, else its number. */
  label: string;
  /** What the model gives for it. */
  score: number;
}

/**
 * A function that makes input of pictures, planned for the size of the last one: for a video. It gives the same array each time.
 * @param model whose first input is a picture of 1 or 3 channels
 * @throws RangeError for another model, TypeError for metadata that says nothing usable; what it returns, TypeError for what is no picture
 *   or has no size yet
 */
export function imageReader(
  model: Described,
  { preprocessing = preprocessingOf(model), invert = false }: ImageOptions = {},
): (source: ImageSource) => Float32Array | Int8Array {
  const [input] = model.inputs;
  const shape = pictureShape(storedShape(input.shape, preprocessing));
  if (!shape)
    throw new RangeError(
      `model: expected a picture of 1 or 3 channels as input, got [${input.shape.join(', ')}]`,
    );
  const options = { ...preprocessing.image, invert: invert !== (preprocessing.image?.invert ?? false) };
  const values = new Float32Array(shape[0] * shape[1] * shape[2]);
  const finish = input.dtype === 'i8' ? quantizer(values, input) : () => values;
  let [width, height] = [0, 0];
  let plan: Plan;
  return (source) => {
    const frame = pixelsOf(source);
    if (frame.width !== width || frame.height !== height) {
      [width, height] = [frame.width, frame.height];
      // not the frame itself: ImageData has them as getters, which a copy loses
      plan = planFrames({ width, height }, shape, options);
    }
    fillInput(plan(frame.data as Uint8ClampedArray), values, shape[2], preprocessing);
    return finish();
  };
}

/** Input of one picture, in an array of its own. See `imageReader`. */
export function imageInput(
  model: Described,
  source: ImageSource,
  options?: ImageOptions,
): Float32Array | Int8Array {
  return imageReader(model, options)(source);
}

/**
 * The `k` greatest scores, greatest first.
 * @param labels names of the classes, as `metadata.labels` has them; without, a class's name is its number
 */
export function top(scores: ArrayLike<number>, labels?: unknown, k = 5): Scored[] {
  const names: unknown[] = Array.isArray(labels) ? labels : [];
  return Array.from(scores, (score, index) => ({ index, label: String(names[index] ?? index), score }))
    .sort((a, b) => b.score - a.score)
    .slice(0, k);
}

/** As `lopper run`: what does not say takes 0..1. */
function preprocessingOf({ inputs, metadata }: Described): Preprocessing {
  const stated = metadata['preprocessing'] as Preprocessing | undefined;
  if (stated === undefined) return { ...UNIT, layout: layoutOf(inputs[0].shape) };
  const numbers = [stated?.scale, stated?.offset].flat();
  if (numbers.every((value) => typeof value === 'number')) return stated;
  const got = JSON.stringify(stated);
  throw new TypeError(
    `metadata.preprocessing: expected numbers as scale and offset, got ${got}; give preprocessing`,
  );
}

/** f32 to the stored int8 of an input, as FORMAT.md's quantize does. */
function quantizer(values: Float32Array, { scale, zeroPoint }: Described['inputs'][number]): () => Int8Array {
  const { fround, min, max } = Math;
  const stored = new Int8Array(values.length);
  const factor = fround(1 / scale);
  return () => {
    for (let i = 0; i < values.length; i++) {
      const v = min(2097152, max(-2097152, fround(values[i] * factor)));
      stored[i] = min(127, max(-128, roundToEven(v) + zeroPoint));
    }
    return stored;
  };
}

/** In f32 sums near 1.5 * 2^23 have no place for halves. */
const roundToEven = (v: number): number => Math.fround(v + 12582912) - 12582912;

/** The canvas on which frames are drawn to be read: kept, and as large as the last. */
let canvas: HTMLCanvasElement | OffscreenCanvas | undefined;

function pixelsOf(source: ImageSource): ImageData {
  if ('data' in source) return source;
  const { width, height } = sizeOf(source);
  if (!(width > 0 && height > 0))
    throw new TypeError(
      `picture: expected one that has loaded, got ${width} x ${height}; wait for its load or loadeddata event`,
    );
  canvas ??=
    typeof OffscreenCanvas === 'function' ? new OffscreenCanvas(1, 1) : document.createElement('canvas');
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  context.clearRect(0, 0, width, height);
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** In its own pixels, not those of the page. */
function sizeOf(source: Drawable): { width: number; height: number } {
  const { naturalWidth, naturalHeight, videoWidth, videoHeight, displayWidth, displayHeight, width, height } =
    source as unknown as Partial<Record<string, number>>;
  return {
    width: videoWidth ?? displayWidth ?? naturalWidth ?? width ?? 0,
    height: videoHeight ?? displayHeight ?? naturalHeight ?? height ?? 0,
  };
}
