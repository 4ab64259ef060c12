/** Files as network input: images, sounds, .npy, .json, raw bytes. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import {
  AUDIO_DEFAULTS,
  fillInput,
  imageValues,
  layoutOf,
  mfcc,
  pictureShape,
  PRESETS,
  storedShape,
  type Preprocessing,
} from '../../preprocess/index.js';
import { decodeSound, SOUNDS } from '../../train/data/audio.js';
import { decodePicture, PICTURES } from '../../train/data/images.js';
import { readNpy } from '../../train/data/npy.js';

/** What the network takes: `[height, width, channels]` or `[n]`, and how stored values become input. */
export interface InputSpec {
  shape: readonly number[];
  /** Absent where the model does not say: it is taken to want 0..1. */
  preprocessing?: Preprocessing;
  /** Images are dark on light, the network was trained on light on dark (MNIST). */
  invert: boolean;
}

const elements = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

const preprocessingFor = ({ shape, preprocessing }: InputSpec): Preprocessing =>
  preprocessing ?? { ...PRESETS.unit, layout: layoutOf(shape) };

/** Stored values as network input. */
function preprocess(stored: ArrayLike<number>, spec: InputSpec): Float32Array {
  const preprocessing = preprocessingFor(spec);
  const input = new Float32Array(stored.length);
  fillInput(stored, input, storedShape(spec.shape, preprocessing).at(-1) ?? 1, preprocessing);
  return input;
}

function sized(
  values: ArrayLike<number>,
  file: string,
  { shape }: InputSpec,
  got = `${values.length}`,
): ArrayLike<number> {
  if (values.length !== elements(shape))
    throw new RangeError(
      `${file}: expected ${elements(shape)} values for the input [${shape.join(', ')}], got ${got}`,
    );
  return values;
}

async function readImage(file: string, spec: InputSpec): Promise<Float32Array> {
  const preprocessing = preprocessingFor(spec);
  const shape = pictureShape(storedShape(spec.shape, preprocessing));
  if (shape === undefined)
    throw new RangeError(
      `${file}: expected a model whose input is an image of 1 or 3 channels, got the input [${spec.shape.join(', ')}]; give .npy or .json`,
    );
  const picture = await decodePicture(await readFile(file), file);
  const invert = spec.invert !== (preprocessing.image?.invert ?? false);
  return preprocess(imageValues(picture, shape, { ...preprocessing.image, invert }), spec);
}

async function readSound(file: string, spec: InputSpec): Promise<Float32Array> {
  const audio = spec.preprocessing?.audio;
  const { sampleRate } = { ...AUDIO_DEFAULTS, ...audio };
  const features = mfcc(await decodeSound(await readFile(file), file, sampleRate), audio);
  const preprocessing = spec.preprocessing ?? PRESETS.none;
  return preprocess(sized(features, file, spec), { ...spec, preprocessing });
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
  return Float32Array.from(sized(flat as number[], file, spec));
}

/** As many bytes as values: stored pixels; four times as many: f32, little-endian, network input as it is. */
async function readRaw(file: string, spec: InputSpec): Promise<Float32Array> {
  const bytes = await readFile(file);
  const count = elements(spec.shape);
  if (bytes.length === count) return preprocess(bytes, spec);
  if (bytes.length === 4 * count)
    return Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(4 * i));
  throw new RangeError(
    `${file}: expected an image, .wav, .npy, .json, or ${count} bytes (pixels) or ${4 * count} bytes (f32) for the input [${spec.shape.join(', ')}], got ${bytes.length} bytes`,
  );
}

/** Integers are stored pixels, floats are network input as it is. */
async function readNpyFile(file: string, spec: InputSpec): Promise<Float32Array> {
  const { values, shape, integer } = readNpy(await readFile(file), file);
  const fitting = sized(values, file, spec, `${values.length} (shape [${shape.join(', ')}])`);
  return integer ? preprocess(fitting, spec) : Float32Array.from(fitting);
}

/** Reads `file` by its name's ending as one sample of network input, row-major. */
export function readInput(file: string, spec: InputSpec): Promise<Float32Array> {
  const ending = extname(file).toLowerCase();
  if (PICTURES.test(ending)) return readImage(file, spec);
  if (SOUNDS.test(ending)) return readSound(file, spec);
  if (ending === '.npy') return readNpyFile(file, spec);
  return ending === '.json' ? readJson(file, spec) : readRaw(file, spec);
}
