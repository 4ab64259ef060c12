import t from 'tap';
import { lopStatistics, writeLop, type LopWeight } from '../../src/format/index.js';
import { binaryEntropy, valueBits, zeroOrderBits } from '../../src/format/entropy.js';
import { codeMask } from '../../src/format/mask-model.js';
import { RangeEncoder } from '../../src/format/range-coder.js';
import { codeIntegers } from '../../src/format/value-model.js';
import { random, type Random } from '../helpers/random.js';
import { denseModel, weightsModel } from './models.js';

/** Bytes of a modelled bitmap against the entropy of its density. */
function maskRatio(rows: number, columns: number, density: (row: number, column: number) => number): number {
  const r = random(5);
  const mask = Uint8Array.from({ length: rows * columns }, (_, i) =>
    r.next() < density(Math.floor(i / columns), i % columns) ? 1 : 0,
  );
  const kept = mask.reduce((sum, bit) => sum + bit, 0);
  const encoder = new RangeEncoder();
  codeMask(encoder, mask, rows, columns);
  return (8 * encoder.finish().length) / (mask.length * binaryEntropy(kept / mask.length));
}

/** Where a 28 x 28 image has its ink: dense in the middle, empty at the border. */
function centre(column: number): number {
  const y = Math.floor(column / 28) - 13.5;
  const x = (column % 28) - 13.5;
  return Math.exp(-(x * x + y * y) / 72);
}

t.test('masks without structure cost at most 1.03 of their entropy', async (t) => {
  for (const density of [0.01, 0.03, 0.1, 0.3, 0.5, 0.9]) {
    const ratio = maskRatio(300, 784, () => density);
    t.ok(ratio <= 1.03, `density ${density}: ${ratio.toFixed(4)}`);
  }
});

t.test('masks with structure cost less than the entropy of their density', async (t) => {
  const r = random(9);
  const rowDensity = Array.from({ length: 300 }, () => 0.03 * Math.exp(r.normal()));
  const dead = Array.from({ length: 300 }, () => (r.next() < 0.4 ? 0 : 0.1));
  const masks: [name: string, ratio: number, most: number][] = [
    ['image columns', maskRatio(300, 784, (_, column) => 0.12 * centre(column)), 0.95],
    ['rows', maskRatio(300, 784, (row) => rowDensity[row]), 0.97],
    ['both', maskRatio(300, 784, (row, column) => 4 * rowDensity[row] * centre(column)), 0.9],
    ['dead input units', maskRatio(100, 300, (_, column) => dead[column]), 0.95],
  ];
  for (const [name, ratio, most] of masks)
    t.ok(ratio <= most, `${name}: ${ratio.toFixed(4)} of at most ${most}`);
});

/** The `n` values of largest magnitude among many normal ones, as int8 of `levels` levels a side. */
function prunedValues(r: Random, n: number, levels: number): Int8Array {
  const all = Float64Array.from({ length: 20 * n }, () => r.normal());
  const threshold = Float64Array.from(all, Math.abs).sort()[19 * n];
  const kept = all.filter((value) => Math.abs(value) >= threshold);
  const largest = Math.max(...kept.map(Math.abs));
  return Int8Array.from(kept, (value) => Math.round((value / largest) * levels));
}

t.test('values of pruned weights come near their entropy', async (t) => {
  const r = random(4);
  const most: Record<number, number> = { 1000: 1.06, 10000: 1.03 };
  for (const n of [1000, 10000]) {
    for (const levels of [7, 15, 31, 127]) {
      const values = prunedValues(r, n, levels);
      const encoder = new RangeEncoder();
      codeIntegers(encoder, values, 8);
      const ratio = (8 * encoder.finish().length) / zeroOrderBits(values);
      t.ok(ratio <= most[n], `${n} values of ${levels} levels: ${ratio.toFixed(4)}`);
    }
  }
});

/** A weight of ten columns. */
function weight(name: string, data: LopWeight['data'], dtype: LopWeight['dtype']): LopWeight {
  return { name, shape: [data.length / 10, 10], dtype, data, block: [1, 1] };
}

t.test('every weight takes its smallest encoding', async (t) => {
  const r = random(6);
  const make = (length: number, density: number, value: () => number): Int8Array =>
    Int8Array.from({ length }, () => (r.next() < density ? value() : 0));
  const wide = (): number => r.pick([-1, 1]) * r.int(9, 127);
  const model = weightsModel([
    weight('dense', make(1000, 1, wide), 'i8'),
    weight('half', make(1000, 0.2, wide), 'i8'),
    weight('sparse', make(1000, 0.02, wide), 'i8'),
    weight(
      'small',
      make(1000, 1, () => r.int(-8, 7) || 1),
      'i8',
    ),
    weight(
      'three',
      make(1000, 1, () => r.pick([-50, 3, 9])),
      'i8',
    ),
    weight(
      'half float',
      Float32Array.from({ length: 1000 }, () => r.int(-1000, 1000) / 64),
      'f32',
    ),
    weight(
      'short',
      Int32Array.from({ length: 1000 }, () => r.int(-30000, 30000)),
      'i32',
    ),
  ]);
  const chosen = (entropy: boolean): Record<string, string> =>
    Object.fromEntries(
      lopStatistics(writeLop(model, { entropy })).weights.map(({ name, positions, values, coding }) => [
        name,
        `${positions} ${values} ${coding}`,
      ]),
    );
  t.same(chosen(false), {
    dense: 'all plain none',
    half: 'bitmap plain none',
    sparse: 'gaps plain none',
    small: 'all nibbles none',
    three: 'all codebook none',
    'half float': 'all f16 none',
    short: 'all i16 none',
  });
  t.equal(chosen(true).half, 'modelled plain positions');
  const plain = writeLop(model, { entropy: false }).length;
  const coded = writeLop(model).length;
  t.ok(coded < plain, `${coded} < ${plain}`);
});

t.test('the entropy of wide values includes what a decoder cannot know', async (t) => {
  t.equal(valueBits([1, 2, 3, 4], 8), 8, 'bytes: two bits each');
  t.equal(valueBits([0.1, 0.2, 0.3, 0.4], 32), 4 * 32, 'four different f32 are four f32');
  t.equal(valueBits(Array(100).fill(0.5), 32), 32, 'one f32, stated once');
  t.equal(valueBits([...Array(50).fill(1), ...Array(50).fill(2)], 16), 100 + 2 * 16);
});

t.test('statistics: counts, sizes and the entropy bound', async (t) => {
  const r = random(8);
  const kernel = Int8Array.from({ length: 100 * 300 }, () =>
    r.next() < 0.05 ? Math.round(20 * r.normal()) || 1 : 0,
  );
  const file = writeLop(denseModel(kernel, 100, 300));
  const statistics = lopStatistics(file);
  const kept = kernel.filter((value) => value !== 0);
  const [fc, bias, scale] = statistics.weights;
  t.match(fc, { name: 'fc/kernel', role: 'kernel', params: 30000, kept: kept.length, block: [1, 1] });
  const bound = (30000 * binaryEntropy(kept.length / 30000) + zeroOrderBits(kept)) / 8;
  t.ok(Math.abs(fc.entropy_bound_bytes - bound) < 1e-9);
  t.ok(fc.bytes < 1.04 * bound + 30, `${fc.bytes} bytes, bound ${bound.toFixed(0)}`);
  t.match(statistics, {
    file_bytes: file.length,
    params: 30100,
    dense_f32_bytes: 120400,
    kept: kept.length + bias.kept,
  });
  t.equal(scale.role, 'scale');
  t.ok(statistics.weights.reduce((sum, { bytes }) => sum + bytes, 0) < file.length);
});
