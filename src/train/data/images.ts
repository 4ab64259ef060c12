/** Folders of pictures, decoded batch by batch. */
import { readFile } from 'node:fs/promises';
import {
  imageValues,
  layoutOf,
  pictureShape,
  PRESETS,
  storedShape,
  type Picture,
} from '../../preprocess/index.js';
import { classNames } from './classes.js';
import { DatasetError, emptySplit, type SampleReader } from './dataset.js';
import type { ReadOptions, SetKind } from './kind.js';
import { holdsFiles, listSplit } from './listing.js';

export const PICTURES = /\.(png|jpe?g|webp|gif|avif|tiff?|svg|bmp)$/i;

/** A file's pixels, upright, RGB or RGBA; every reader of pictures decodes here. */
export async function decodePicture(bytes: Uint8Array, name: string): Promise<Picture> {
  const { default: sharp } = await import('sharp');
  try {
    const image = sharp(bytes).rotate().toColourspace('srgb').raw({ depth: 'uchar' });
    const { data, info } = await image.toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: info.channels };
  } catch (cause) {
    throw new DatasetError(`${name}: expected an image, got: ${(cause as Error).message}`, { cause });
  }
}

export const imageSets: SetKind = {
  what: 'images (with labels.csv, or a folder a class)',
  holds: (path) => holdsFiles(path, PICTURES),
  read: async (name, path, options) => {
    const loaded = { train: emptySplit(), test: emptySplit() };
    let inputShape: number[] = [];
    let labels: string[] = [];
    for (const split of options.splits) {
      const listing = await listSplit(path, split, PICTURES);
      if (listing === undefined || listing.files.length === 0) continue;
      inputShape = targetShape(options) ?? (await shapeOfFirst(listing.files));
      const x = readerOf(listing.files, inputShape, options);
      loaded[split] = { x, y: listing.y, count: listing.files.length };
      ({ labels } = listing);
    }
    if (labels.length === 0) labels = await classNames(path, [loaded.train, loaded.test]);
    return { name, inputShape, classes: labels.length, labels, ...loaded, preprocessing: PRESETS.unit };
  },
};

/** What the network takes, channels last. */
function targetShape({ inputShape, preprocessing }: ReadOptions): number[] | undefined {
  if (inputShape === undefined) return undefined;
  const layout = preprocessing?.layout ?? layoutOf(inputShape);
  return pictureShape(storedShape(inputShape, { layout }));
}

async function shapeOfFirst([file]: string[]): Promise<number[]> {
  const { width, height } = await decodePicture(await readFile(file), file);
  return [height, width, 3];
}

/** Pictures decoded at once: libvips has a thread for each. */
const AT_ONCE = 8;

function readerOf(
  files: string[],
  shape: number[],
  { inputShape, preprocessing }: ReadOptions,
): SampleReader {
  const size = shape[0] * shape[1] * shape[2];
  const readOne = async (file: string): Promise<Uint8Array> => {
    const picture = await decodePicture(await readFile(file), file);
    if (inputShape === undefined && (picture.height !== shape[0] || picture.width !== shape[1]))
      throw new DatasetError(
        `${file}: expected ${shape[1]}x${shape[0]} pixels as the first picture has, got ` +
          `${picture.width}x${picture.height}; mixed sizes need a network to be resized for`,
      );
    return imageValues(picture, shape, preprocessing?.image);
  };
  return {
    dtype: 'u8',
    read: async (samples) => {
      const values = new Uint8Array(samples.length * size);
      for (let start = 0; start < samples.length; start += AT_ONCE) {
        const some = Array.from(
          { length: Math.min(AT_ONCE, samples.length - start) },
          (_, i) => samples[start + i],
        );
        const decoded = await Promise.all(some.map((sample) => readOne(files[sample])));
        decoded.forEach((pixels, i) => values.set(pixels, (start + i) * size));
      }
      return values;
    },
  };
}
