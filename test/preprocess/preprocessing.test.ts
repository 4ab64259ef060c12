import t from 'tap';
import { parsePreprocessing } from '../../src/compress/preprocessing-schema.js';
import {
  byteRange,
  fillInput,
  layoutOf,
  PRESETS,
  storedShape,
  type Preprocessing,
} from '../../src/preprocess/index.js';

function input(stored: number[], channels: number, preprocessing: Preprocessing): number[] {
  const target = new Float32Array(stored.length);
  fillInput(stored, target, channels, preprocessing);
  return [...target];
}

t.test('scale, offset and layout', async (t) => {
  const factors = { scale: [1, 10], offset: [0, 0.5] };
  t.same(input([1, 2, 3, 4, 5, 6], 2, factors), [1, 20.5, 3, 40.5, 5, 60.5]);
  t.same(input([1, 2, 3, 4, 5, 6], 2, { ...factors, layout: 'chw' }), [1, 3, 5, 20.5, 40.5, 60.5]);
  t.throws(() => input([1, 2, 3], 3, factors), /expected 3 numbers, one a channel, got 2/);
  t.same(storedShape([3, 8, 9], { layout: 'chw' }), [8, 9, 3]);
  t.same([layoutOf([3, 8, 9]), layoutOf([8, 9, 3]), layoutOf([784])], ['chw', 'hwc', 'hwc']);
});

t.test('presets', async (t) => {
  const [least, most] = input([0, 255], 1, PRESETS['imagenet-tf']);
  t.ok(least === -1 && Math.abs(most - 1) <= 2 ** -23, `${least}..${most}`);
  const [red] = input([128, 0, 0], 3, PRESETS['imagenet-torch']);
  t.ok(Math.abs(red - (128 / 255 - 0.485) / 0.229) < 1e-6);
  t.same(byteRange(PRESETS['imagenet-tf']), { min: -1, max: 255 * Math.fround(1 / 127.5) - 1 });
  t.ok(Math.abs(byteRange(PRESETS['cifar-torch']).min + 0.485 / 0.229) < 1e-6, 'the least of all channels');
});

const parse = (value: unknown): Preprocessing => parsePreprocessing(value, 'x.json');

t.test('what JSON may say', async (t) => {
  t.same(parse({}), { scale: 1, offset: 0 });
  t.same(parse('unit'), PRESETS.unit);
  t.same(parse({ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }), PRESETS['cifar-torch']);
  const image = { fit: 'crop', crop: 0.875, filter: 'bicubic', order: 'bgr', invert: true };
  t.same(parse({ layout: 'chw', image }), { scale: 1, offset: 0, layout: 'chw', image });
  const audio = { sampleRate: 8000, coefficients: 13 };
  t.same(parse({ audio }), { scale: 1, offset: 0, audio });
});

t.test('what it may not: one clear line each', async (t) => {
  const cases: [unknown, RegExp][] = [
    ['imagenet', /x: preprocessing: expected one of none, unit, .*, got "imagenet"/],
    [{ scale: 'big' }, /preprocessing\.scale: expected a finite number, or a list.*got "big"/],
    [{ image: { fit: 'cut' } }, /image\.fit: expected "stretch" or "crop" or "pad", got "cut"/],
    [{ image: { crop: 0 } }, /image\.crop: expected a number in \(0, 1\], got 0/],
    [{ image: { flter: 'x' } }, /image\.flter: expected one of the keys .*did you mean "filter"/],
    [{ mean: [1, 2], std: [1] }, /std: expected 2 numbers that are not 0, got \[1\]/],
    [{ audio: { window: -1 } }, /audio\.window: expected a finite number > 0, got -1/],
  ];
  for (const [value, message] of cases)
    t.throws(() => parsePreprocessing(value, 'x'), { name: 'RangeError', message });
});
