import t from 'tap';
import { descend, wholeLevels } from '../../../src/compress/quantize/rounding.js';
import { random, SEED } from '../../helpers/random.js';

/** `e' C e` of a row's rounding error. */
function errorOf(real: Float32Array, whole: Int8Array, scale: number, moments: Float64Array): number {
  const e = Array.from(real, (w, k) => w - scale * whole[k]);
  return e.reduce((sum, a, i) => sum + e.reduce((s, b, j) => s + a * b * moments[i * e.length + j], 0), 0);
}

t.test(`the output's error shrinks, zeros stay, weights stay near (SEED=${SEED})`, async (t) => {
  const { normal, int } = random();
  let [before, after] = [0, 0];
  for (let round = 0; round < 100; round++) {
    const taps = int(1, 24);
    const real = Float32Array.from({ length: taps }, (_, k) => (k % 4 === 3 ? 0 : normal()));
    const common = normal();
    const samples = Array.from({ length: 40 }, () => {
      const shared = normal();
      return Array.from({ length: taps }, () => normal() * 0.3 + common * shared);
    });
    const moments = Float64Array.from({ length: taps * taps }, (_, i) =>
      samples.reduce((sum, x) => sum + x[Math.floor(i / taps)] * x[i % taps], 0),
    );
    const scale = Math.max(...real.map(Math.abs)) / 7;
    const nearest = Int8Array.from(real, (w) => Math.round(w / scale));
    const whole = nearest.slice();
    descend({ real, whole, scale }, moments, wholeLevels(4));
    const [least, most] = [errorOf(real, whole, scale, moments), errorOf(real, nearest, scale, moments)];
    if (least > most * (1 + 1e-6)) t.fail(`${least} from ${most}`);
    before += most;
    after += least;
    whole.forEach((q, k) => {
      if (Math.abs(q) > 7) t.fail(`${q} of 4 bits`);
      if (real[k] === 0 && q !== 0) t.fail('a pruned weight came back');
      if (Math.abs(real[k] - scale * q) > scale * (1 + 1e-6)) t.fail(`${real[k]} became ${scale * q}`);
    });
    const again = nearest.slice();
    descend({ real, whole: again, scale }, moments, wholeLevels(4));
    t.same(again, whole);
  }
  t.ok(after < 0.5 * before, `${after / before} of the error`);
});
