import t from 'tap';
import { AUDIO_DEFAULTS, mfcc, mfccShape, type AudioPreprocessing } from '../../src/preprocess/index.js';
import { random, SEED } from '../helpers/random.js';

const mel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);

/** The formulas of `tf.signal` one by one, every sum written out. */
function slowMfcc(sound: Float32Array, of: AudioPreprocessing): number[] {
  const [length, step] = [(of.sampleRate * of.window) / 1000, (of.sampleRate * of.stride) / 1000];
  const peak = of.normalize ? Math.max(...sound) : 1;
  const clip = Array.from({ length: of.samples }, (_, i) => (sound[i] ?? 0) / peak);
  const size = 512;
  const edges = Array.from(
    { length: of.melBins + 2 },
    (_, i) => mel(of.low) + ((mel(of.high) - mel(of.low)) * i) / (of.melBins + 1),
  );
  const out: number[] = [];
  for (let start = 0; start + length <= of.samples; start += step) {
    const magnitudes = Array.from({ length: size / 2 + 1 }, (_, f) => {
      let [re, im] = [0, 0];
      for (let n = 0; n < length; n++) {
        const hann = 0.5 * (1 - Math.cos((2 * Math.PI * n) / length));
        re += clip[start + n] * hann * Math.cos((2 * Math.PI * f * n) / size);
        im -= clip[start + n] * hann * Math.sin((2 * Math.PI * f * n) / size);
      }
      return Math.sqrt(re * re + im * im);
    });
    const logs = Array.from({ length: of.melBins }, (_, m) => {
      let energy = 0;
      for (let f = 1; f <= size / 2; f++) {
        const at = mel((f * of.sampleRate) / size);
        const [a, b, c] = edges.slice(m, m + 3);
        if (at > a && at < c) energy += magnitudes[f] * (at <= b ? (at - a) / (b - a) : (c - at) / (c - b));
      }
      return Math.log(energy + 1e-6);
    });
    for (let k = 0; k < of.coefficients; k++) {
      let sum = 0;
      for (let m = 0; m < of.melBins; m++)
        sum += 2 * logs[m] * Math.cos((Math.PI * k * (2 * m + 1)) / (2 * of.melBins));
      out.push(sum / Math.sqrt(2 * of.melBins));
    }
  }
  return out;
}

const source = random();
const noise = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => 0.3 * Math.sin(i * 0.17) + 0.1 * source.normal());

t.test(`one second at 16 kHz is 49 x 10, by the direct formula (SEED=${SEED})`, async (t) => {
  t.same(mfccShape(), [49, 10]);
  const sound = noise(16000);
  const got = mfcc(sound);
  const want = slowMfcc(sound, AUDIO_DEFAULTS);
  t.equal(got.length, 490);
  // Sums of 257 and 40 products in double precision, rounded to f32 once: half a unit of the greatest, about 100.
  const limit = 2 ** -24 * 128 * 2;
  const worst = Math.max(...want.map((value, i) => Math.abs(value - got[i])));
  t.ok(worst <= limit, `off by ${worst}, allowed ${limit}`);
});

t.test('other parameters, a short clip and silence', async (t) => {
  const of = {
    ...AUDIO_DEFAULTS,
    sampleRate: 8000,
    samples: 2000,
    window: 40,
    stride: 25,
    melBins: 20,
    low: 50,
    high: 3500,
    coefficients: 13,
    normalize: false,
  };
  t.same(mfccShape(of), [9, 13]);
  const sound = noise(1500);
  const want = slowMfcc(sound, of);
  mfcc(sound, of).forEach((value, i) =>
    t.ok(Math.abs(value - want[i]) < 1e-4, `${i}: ${value}, want ${want[i]}`),
  );
  const silence = mfcc(new Float32Array(16000));
  t.ok(silence.every(Number.isFinite));
  t.ok(Math.abs(silence[0] - Math.sqrt(2 / 40) * 40 * Math.log(1e-6)) < 1e-4);
});
