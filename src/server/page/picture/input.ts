/** What the page hands to a network: the preprocessing that the model's file records, as `lopper run` and `eval` apply it. */
import { imageValues, pictureShape } from '../../../preprocess/image.js';
import { fillInput, PRESETS, storedShape, type Preprocessing } from '../../../preprocess/preprocessing.js';
import { normalizeDigit, SIZE, type Ink } from './normalize.js';
import { inkOfPhoto } from './photo.js';

/** A drawing, or the pixels of a picture. */
export type Picture = { ink: Ink } | { pixels: ImageData };

/** A picture as one network sees it. */
export interface Seen {
  /** Network input, as its file orders it. */
  input: Float32Array;
  /** `[height, width, channels]` of `stored`. */
  shape: number[];
  /** Pixels 0..255. */
  stored: Uint8Array | Float32Array;
}

interface Network {
  inputShape: readonly number[];
  preprocessing: Preprocessing | null;
}

/** Networks of digits, whose file does not say how pictures are to be made fit. */
const takesDigits = ([height, width, channels]: readonly number[], preprocessing: Preprocessing | null) =>
  height === SIZE && width === SIZE && channels === 1 && !preprocessing?.image;

/** White ink on black. */
function pixelsOfInk({ values, width, height }: Ink) {
  const data = new Uint8ClampedArray(4 * values.length);
  values.forEach((value, i) => data.set([255 * value, 255 * value, 255 * value, 255], 4 * i));
  return { data, width, height };
}

function digitOf(picture: Picture): Float32Array | undefined {
  if ('pixels' in picture && picture.pixels.width === SIZE && picture.pixels.height === SIZE)
    return undefined;
  const ink = 'ink' in picture ? picture.ink : inkOfPhoto(picture.pixels);
  return (normalizeDigit(ink) ?? new Float32Array(SIZE * SIZE)).map((value) => 255 * value);
}

/** Stored pixels as network input. */
export function inputOf(
  stored: ArrayLike<number>,
  channels: number,
  preprocessing: Preprocessing | null,
): Float32Array {
  const input = new Float32Array(stored.length);
  fillInput(stored, input, channels, preprocessing ?? PRESETS.unit);
  return input;
}

/** @throws RangeError for a network that takes no pictures */
export function see(picture: Picture, { inputShape, preprocessing }: Network): Seen {
  const shape = pictureShape(storedShape(inputShape, preprocessing ?? {}));
  if (!shape)
    throw new RangeError(
      `this network takes no pictures: its input is [${inputShape}]; choose another model`,
    );
  const pixels = 'ink' in picture ? pixelsOfInk(picture.ink) : picture.pixels;
  const stored =
    (takesDigits(shape, preprocessing) && digitOf(picture)) ||
    imageValues({ ...sized(pixels), channels: 4 }, shape, { ...preprocessing?.image });
  return { stored, shape, input: inputOf(stored, shape[2], preprocessing) };
}

/** An ImageData's fields are getters, which a spread would not copy. */
const sized = ({ data, width, height }: Pick<ImageData, 'data' | 'width' | 'height'>) => ({
  data,
  width,
  height,
});
