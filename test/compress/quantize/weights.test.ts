import t from 'tap';
import { quantizeKernel, roundUpToF16 } from '../../../src/compress/quantize/index.js';
import { fromF16, toF16 } from '../../../src/format/f16.js';
import { random, SEED } from '../../helpers/random.js';

t.test(`within half a step, within the levels, zeros stay (SEED=${SEED})`, (t) => {
  const { normal, int, pick } = random();
  for (let round = 0; round < 100; round++) {
    const shape = [int(1, 6), int(1, 3), int(1, 3), int(1, 5)];
    const size = shape[1] * shape[2] * shape[3];
    const values = Float32Array.from({ length: shape[0] * size }, (_, i) => (i % 3 === 0 ? 0 : normal()));
    const bits = int(2, 8);
    const per = pick(['channel', 'tensor'] as const);
    const { data, scale } = quantizeKernel(values, shape, { bits, per });
    t.equal(scale.length, per === 'channel' ? shape[0] : 1);
    const levels = 2 ** (bits - 1) - 1;
    values.forEach((w, i) => {
      const s = scale[per === 'channel' ? Math.floor(i / size) : 0];
      if (Math.abs(data[i]) > levels) t.fail(`${data[i]} of ${bits} bits`);
      if (Math.abs(w - s * data[i]) > s / 2 + 1e-7) t.fail(`${w} became ${s * data[i]}`);
      if (w === 0 && data[i] !== 0) t.fail('a pruned weight came back');
    });
    t.ok(
      scale.every((s) => fromF16(toF16(s)) === s),
      'scales are exact in f16',
    );
  }
  t.end();
});

t.test('a scale is coarse enough for the bias', (t) => {
  const values = Float32Array.of(1e-16, -1e-16, 0.5, 0.25);
  const options = { bits: 8, leastScales: [2 ** -12, 2 ** -12] };
  const { data, scale } = quantizeKernel(values, [2, 1, 1, 2], { ...options, per: 'channel' });
  t.same([...scale], [2 ** -12, roundUpToF16(0.5 / 127)]);
  t.same([...data], [0, 0, 127, 63]);
  const { scale: one } = quantizeKernel(values, [2, 1, 1, 2], {
    bits: 8,
    per: 'tensor',
    leastScales: [1, 2],
  });
  t.same([...one], [2]);
  t.end();
});

t.test('scales round up to f16, or to f32 where f16 has few bits', (t) => {
  t.equal(roundUpToF16(1), 1);
  t.equal(roundUpToF16(1 + 2 ** -20), 1 + 2 ** -10);
  t.equal(roundUpToF16(2 ** -14), 2 ** -14);
  const tiny = roundUpToF16(1e-6);
  t.ok(tiny >= 1e-6 && tiny < 1e-6 * (1 + 2 ** -22) && Math.fround(tiny) === tiny);
  t.equal(roundUpToF16(0), 0);
  t.end();
});

t.test('a channel without a weight takes the greatest scale', (t) => {
  const values = Float32Array.of(127, 1, 0, 0, 254, 2);
  t.same([...quantizeKernel(values, [3, 2], { bits: 8, per: 'channel' }).scale], [1, 2, 2]);
  const nothing = quantizeKernel(new Float32Array(4), [2, 2], { bits: 8, per: 'channel' });
  t.same([...nothing.scale], [2 ** -14, 2 ** -14]);
  t.same([...nothing.data], [0, 0, 0, 0]);
  t.end();
});
