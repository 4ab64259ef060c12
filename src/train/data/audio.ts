/** Folders of .wav files, made to MFCC features batch by batch. */
import { readFile } from 'node:fs/promises';
import { AUDIO_DEFAULTS, mfcc, mfccShape, PRESETS } from '../../preprocess/index.js';
import { classNames } from './classes.js';
import { DatasetError, emptySplit, type SampleReader } from './dataset.js';
import type { ReadOptions, SetKind } from './kind.js';
import { holdsFiles, listSplit } from './listing.js';

export const SOUNDS = /\.wav$/i;

/** A .wav file's sound: mono, -1..1, at `sampleRate` Hz. */
export async function decodeSound(
  bytes: Uint8Array,
  name: string,
  sampleRate: number,
): Promise<Float32Array> {
  const { default: wavefile } = await import('wavefile');
  try {
    const wave = new wavefile.WaveFile(bytes);
    if ((wave.fmt as { sampleRate: number }).sampleRate !== sampleRate) wave.toSampleRate(sampleRate);
    const { middle, full } = rangeOf(wave.bitDepth);
    const found = wave.getSamples(false, Float64Array) as unknown as Float64Array | Float64Array[];
    const channels = ArrayBuffer.isView(found) ? [found] : found;
    return Float32Array.from(channels[0], (_, i) => {
      const sum = channels.reduce((total, channel) => total + channel[i] - middle, 0);
      return sum / (channels.length * full);
    });
  } catch (cause) {
    throw new DatasetError(`${name}: expected a .wav file, got: ${(cause as Error).message}`, { cause });
  }
}

/** What stands for silence, and for 1. Eight bits are unsigned. */
function rangeOf(bitDepth: string): { middle: number; full: number } {
  if (/^(32f|64)$/.test(bitDepth)) return { middle: 0, full: 1 };
  if (!/^\d+$/.test(bitDepth)) throw new RangeError(`expected samples of 8 to 32 bits, got ${bitDepth}`);
  const bits = Number(bitDepth);
  return { middle: bits === 8 ? 128 : 0, full: 2 ** (bits - 1) };
}

export const soundSets: SetKind = {
  what: '.wav files (with labels.csv, or a folder a class)',
  holds: (path) => holdsFiles(path, SOUNDS),
  read: async (name, path, options) => {
    const loaded = { train: emptySplit(), test: emptySplit() };
    let labels: string[] = [];
    for (const split of options.splits) {
      const listing = await listSplit(path, split, SOUNDS);
      if (listing === undefined || listing.files.length === 0) continue;
      loaded[split] = { x: readerOf(listing.files, options), y: listing.y, count: listing.files.length };
      ({ labels } = listing);
    }
    if (labels.length === 0) labels = await classNames(path, [loaded.train, loaded.test]);
    const inputShape = [...mfccShape(options.preprocessing?.audio), 1];
    return { name, inputShape, classes: labels.length, labels, ...loaded, preprocessing: PRESETS.none };
  },
};

function readerOf(files: string[], { preprocessing }: ReadOptions): SampleReader {
  const audio = preprocessing?.audio;
  const { sampleRate } = { ...AUDIO_DEFAULTS, ...audio };
  const [frames, coefficients] = mfccShape(audio);
  return {
    dtype: 'f32',
    read: async (samples) => {
      const values = new Float32Array(samples.length * frames * coefficients);
      for (let i = 0; i < samples.length; i++) {
        const file = files[samples[i]];
        const sound = await decodeSound(await readFile(file), file, sampleRate);
        values.set(mfcc(sound, audio), i * frames * coefficients);
      }
      return values;
    },
  };
}
