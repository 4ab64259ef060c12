/** What the page hands to a network: the preprocessing that the model's file records, as `lopper run` and `eval` apply it. */
import { imageValues, pictureShape } from '../../preprocess/image.js';
import { fillInput, PRESETS, type Preprocessing } from '../../preprocess/preprocessing.js';
import { SIZE } from './normalize.js';

/** A drawing's ink, 0..1, as network input; ink counts as pixels of 0..255. */
export function inputOf(ink: Float32Array, preprocessing: Preprocessing | null): Float32Array {
  const input = new Float32Array(ink.length);
  fillInput(
    ink.map((value) => 255 * value),
    input,
    1,
    preprocessing ?? PRESETS.unit,
  );
  return input;
}

/** A picture's pixels (as a canvas gives them) as ink: made the network's size as the model's file says. */
export function inkOf(pixels: ImageData, preprocessing: Preprocessing | null): Float32Array {
  const { data, width, height } = pixels;
  const values = imageValues({ data, width, height, channels: 4 }, pictureShape([SIZE * SIZE])!, {
    ...preprocessing?.image,
  });
  return Float32Array.from(values, (value) => value / 255);
}

/** Pixels of an image file. */
export async function pixelsOf(file: Blob): Promise<ImageData> {
  const bitmap = await createImageBitmap(file);
  const canvas = Object.assign(document.createElement('canvas'), {
    width: bitmap.width,
    height: bitmap.height,
  });
  const context = canvas.getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}
