/** A sound as mel-frequency cepstral coefficients: what keyword spotting networks read. */
import FFT from 'fft.js';

/** The defaults are MLPerf Tiny's and Speech Commands': 1 s at 16 kHz to 49 x 10. */
export interface AudioPreprocessing {
  /** Hz; sounds of another rate are resampled. */
  sampleRate: number;
  /** Samples of a clip: longer ones are cut, shorter ones end in silence. */
  samples: number;
  /** Milliseconds. */
  window: number;
  stride: number;
  melBins: number;
  /** Hz, edges of the lowest and the highest mel bin. */
  low: number;
  high: number;
  coefficients: number;
  /** The greatest sample becomes 1. */
  normalize: boolean;
}

export const AUDIO_DEFAULTS: AudioPreprocessing = {
  sampleRate: 16000,
  samples: 16000,
  window: 30,
  stride: 20,
  melBins: 40,
  low: 20,
  high: 4000,
  coefficients: 10,
  normalize: true,
};

/** Keeps the logarithm of silence finite (MLPerf Tiny, kws `get_dataset.py`). */
const FLOOR = 1e-6;

/** `[frames, coefficients]` of a clip. */
export function mfccShape(options: Partial<AudioPreprocessing> = {}): [number, number] {
  const { samples, coefficients, ...of } = { ...AUDIO_DEFAULTS, ...options };
  const { length, step } = frameOf(of);
  return [Math.max(0, Math.floor((samples - length) / step) + 1), coefficients];
}

/** Window and stride in samples. */
function frameOf({
  sampleRate,
  window,
  stride,
}: Pick<AudioPreprocessing, 'sampleRate' | 'window' | 'stride'>): {
  length: number;
  step: number;
} {
  return {
    length: Math.round((sampleRate * window) / 1000),
    step: Math.round((sampleRate * stride) / 1000),
  };
}

/**
 * `mfcc[t, k] = sqrt(2 / M) * sum_m cos(pi k (2m + 1) / 2M) * log(1e-6 + sum_f mel[f, m] * |FFT(hann * frame_t)[f]|)`, as
 * `tf.signal` computes it: periodic Hann window, FFT of the next power of two, magnitudes, HTK mel scale, orthonormal DCT-II but for k = 0.
 * @param sound mono, -1..1, of any length
 * @returns row-major `[frames, coefficients]`
 */
export function mfcc(sound: Float32Array, options: Partial<AudioPreprocessing> = {}): Float32Array {
  const settings = { ...AUDIO_DEFAULTS, ...options };
  const { melBins, coefficients } = settings;
  const { length, step } = frameOf(settings);
  const clip = clipOf(sound, settings);
  const [frames] = mfccShape(settings);
  const size = 2 ** Math.ceil(Math.log2(length));
  const mel = melWeights(size, settings);
  const transform = new FFT(size);
  const spectrum = transform.createComplexArray() as number[];
  const windowed = Array.from({ length: size }, () => 0);
  const out = new Float32Array(frames * coefficients);
  for (let frame = 0; frame < frames; frame++) {
    for (let n = 0; n < length; n++)
      windowed[n] = clip[frame * step + n] * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
    transform.realTransform(spectrum, windowed);
    const magnitudes = Float64Array.from({ length: size / 2 + 1 }, (_, f) =>
      Math.hypot(spectrum[2 * f], spectrum[2 * f + 1]),
    );
    const logs = mel.map((bin) => Math.log(FLOOR + bin.reduce((sum, w, f) => sum + w * magnitudes[f], 0)));
    for (let k = 0; k < coefficients; k++) {
      const turn = (Math.PI * k) / (2 * melBins);
      const sum = logs.reduce((total, log, m) => total + log * Math.cos(turn * (2 * m + 1)), 0);
      out[frame * coefficients + k] = Math.sqrt(2 / melBins) * sum;
    }
  }
  return out;
}

function clipOf(sound: Float32Array, { samples, normalize }: AudioPreprocessing): Float32Array {
  const clip = new Float32Array(samples);
  clip.set(sound.subarray(0, samples));
  if (!normalize) return clip;
  const peak = sound.reduce((most, value) => Math.max(most, value), 0);
  return peak > 0 ? clip.map((value) => value / peak) : clip;
}

/** HTK's scale. */
const melOf = (hertz: number): number => 1127 * Math.log(1 + hertz / 700);

/** For each mel bin its weights of the frequencies `f * sampleRate / size`: triangles in mel; the constant part counts nowhere. */
function melWeights(size: number, { sampleRate, melBins, low, high }: AudioPreprocessing): Float64Array[] {
  const [from, to] = [melOf(low), melOf(high)];
  const edge = (i: number): number => from + ((to - from) * i) / (melBins + 1);
  const frequencies = Array.from({ length: size / 2 + 1 }, (_, f) => melOf((f * sampleRate) / size));
  return Array.from({ length: melBins }, (_, m) =>
    Float64Array.from(frequencies, (mel, f) => {
      if (f === 0) return 0;
      const rise = (mel - edge(m)) / (edge(m + 1) - edge(m));
      const fall = (edge(m + 2) - mel) / (edge(m + 2) - edge(m + 1));
      return Math.max(0, Math.min(rise, fall));
    }),
  );
}
