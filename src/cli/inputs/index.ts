/** Files as network input: images, .npy, .json, raw bytes. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { readNpy } from './npy.js';

/** What the network takes: `[height, width, channels]` or `[n]`, and how stored values become input. */
export interface InputSpec {
  shape: number[];
  /** `input = stored * scale + offset`, a number or one a channel; null where the model does not say. */
  preprocessing: { scale: number | number[]; offset: number | number[] } | null;
  /** Images are dark on light, the network was trained on light on dark (MNIST). */
  invert: boolean;
}

const elements = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** Stored pixels 0..255 as network input. A model that says nothing is taken to want 0..1. */
function preprocess(stored: ArrayLike<number>, { shape, preprocessing }: InputSpec): Float32Array {
  const { scale, offset } = preprocessing ?? { scale: 1 / 255, offset: 0 };
  const channels = shape.at(-1) ?? 1;
  const at = (value: number | number[], i: number): number =>
    Array.isArray(value) ? value[i % channels] : value;
  return Float32Array.from(stored, (value, i) => value * at(scale, i) + at(offset, i));
}

function sized(values: Float32Array, file: string, { shape }: InputSpec, got: string): Float32Array {
  if (values.length !== elements(shape))
    throw new RangeError(
      `${file}: expected ${elements(shape)} values for the input [${shape.join(', ')}], got ${got}`,
    );
  return values;
}

/** A vector input that is a square (784 = 28 x 28) takes an image as well. */
function imageShape({ shape }: InputSpec, file: string): [height: number, width: number, channels: number] {
  if (shape.length === 3) return shape as [number, number, number];
  const side = Math.sqrt(elements(shape));
  if (Number.isInteger(side)) return [side, side, 1];
  throw new RangeError(
    `${file}: expected a model whose input is an image, got the input [${shape.join(', ')}]; give .npy or .json`,
  );
}

async function readImage(file: string, spec: InputSpec): Promise<Float32Array> {
  const { default: sharp } = await import('sharp');
  const [height, width, channels] = imageShape(spec, file);
  if (channels !== 1 && channels !== 3)
    throw new RangeError(
      `${file}: expected a model input of 1 or 3 channels for an image, got ${channels}; give .npy or .json`,
    );
  const image = sharp(await readFile(file))
    .flatten({ background: 'white' })
    .resize(width, height, { fit: 'fill' });
  const coloured = image.toColourspace(channels === 1 ? 'b-w' : 'srgb');
  const pixels = await coloured
    .raw()
    .toBuffer()
    .catch((cause: unknown) => {
      throw new Error(`${file}: expected an image, got: ${(cause as Error).message}`, { cause });
    });
  return preprocess(spec.invert ? pixels.map((value) => 255 - value) : pixels, spec);
}

async function readJson(file: string, spec: InputSpec): Promise<Float32Array> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError)
      throw new Error(`${file}: expected JSON, got: ${cause.message}`, { cause });
    throw cause;
  }
  const flat: unknown[] = Array.isArray(parsed) ? parsed.flat(Infinity) : [parsed];
  const wrong = flat.find((value) => typeof value !== 'number');
  if (wrong !== undefined)
    throw new TypeError(`${file}: expected an array of numbers, got ${JSON.stringify(wrong)} in it`);
  return sized(Float32Array.from(flat as number[]), file, spec, `${flat.length}`);
}

/** As many bytes as values: stored pixels; four times as many: f32, little-endian, network input as it is. */
async function readRaw(file: string, spec: InputSpec): Promise<Float32Array> {
  const bytes = await readFile(file);
  const count = elements(spec.shape);
  if (bytes.length === count) return preprocess(bytes, spec);
  if (bytes.length === 4 * count)
    return Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(4 * i));
  throw new RangeError(
    `${file}: expected an image, .npy, .json, or ${count} bytes (pixels) or ${4 * count} bytes (f32) for the input [${spec.shape.join(', ')}], got ${bytes.length} bytes`,
  );
}

/** Integers are stored pixels, floats are network input as it is. */
async function readNpyFile(file: string, spec: InputSpec): Promise<Float32Array> {
  const { values, shape, integer } = readNpy(await readFile(file), file);
  const fitting = sized(values, file, spec, `${values.length} (shape [${shape.join(', ')}])`);
  return integer ? preprocess(fitting, spec) : fitting;
}

/** Reads `file` by its name's ending as one sample, row-major with channels last. */
export function readInput(file: string, spec: InputSpec): Promise<Float32Array> {
  const ending = extname(file).toLowerCase();
  if (/^\.(png|jpe?g|webp|gif|avif|tiff?|svg|bmp)$/.test(ending)) return readImage(file, spec);
  if (ending === '.npy') return readNpyFile(file, spec);
  return ending === '.json' ? readJson(file, spec) : readRaw(file, spec);
}
