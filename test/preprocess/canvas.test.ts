/** `lopper/image` on pixels; test/embed/image.test.ts has pictures, canvases and videos in a browser. */
import t from 'tap';
import { imageInput, imageReader, top, type Described } from '../../src/preprocess/canvas.js';
import { fillInput, imageValues, PRESETS } from '../../src/preprocess/index.js';
import { quantizeValue } from '../../src/ops/arithmetic.js';
import { random } from '../helpers/random.js';

const r = random();

function frame(width: number, height: number): ImageData {
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : r.int(0, 255),
  );
  return { width, height, data, colorSpace: 'srgb' } as ImageData;
}

function described(
  shape: number[],
  metadata: Record<string, unknown>,
  dtype: 'f32' | 'i8' = 'f32',
): Described {
  const int8 = dtype === 'i8';
  return {
    inputs: [{ shape, dtype, scale: int8 ? Math.fround(0.0173) : 1, zeroPoint: int8 ? -7 : 0 }],
    metadata,
  };
}

t.test('what the metadata says', async (t) => {
  for (const [name, shape] of [
    ['unit', [14, 14, 1]],
    ['imagenet-torch', [20, 24, 3]],
    ['imagenet-tf', [24, 20, 3]],
  ] as const) {
    const preprocessing = { ...PRESETS[name] };
    const picture = frame(50, 40);
    const values = imageValues({ ...picture, channels: 4, data: picture.data }, shape, preprocessing.image);
    const want = new Float32Array(values.length);
    fillInput(values, want, shape[2], preprocessing);
    t.same(imageInput(described([...shape], { preprocessing }), picture), want, name);
  }
});

t.test('channels first, vectors that are squares, and no metadata', async (t) => {
  const picture = frame(9, 9);
  const hwc = imageInput(described([6, 6, 3], {}), picture);
  const chw = imageInput(described([3, 6, 6], {}), picture);
  t.same(
    chw,
    Float32Array.from({ length: 108 }, (_, i) => hwc[(i % 36) * 3 + Math.floor(i / 36)]),
  );
  t.same(imageInput(described([36], {}), picture), imageInput(described([6, 6, 1], {}), picture));
});

t.test('int8 inputs are quantized as the operator does', async (t) => {
  const model = described([8, 8, 3], {}, 'i8');
  const [{ scale, zeroPoint }] = model.inputs;
  const picture = frame(30, 20);
  const real = imageInput(described([8, 8, 3], {}), picture);
  t.same(
    imageInput(model, picture),
    Int8Array.from(real, (value) => quantizeValue(value, { scale, zeroPoint })),
  );
});

t.test('a reader gives one array, for frames of any size', async (t) => {
  const model = described([8, 8, 1], {});
  const read = imageReader(model);
  const frames = [frame(20, 20), frame(20, 20), frame(7, 31)];
  const first = read(frames[0]);
  for (const each of frames) {
    t.equal(read(each), first);
    t.same(first, imageInput(model, each));
  }
});

t.test('invert, and other preprocessing', async (t) => {
  const picture = frame(8, 8);
  const plain = imageInput(described([8, 8, 1], {}), picture, { preprocessing: PRESETS.none });
  const inverted = imageInput(described([8, 8, 1], {}), picture, {
    preprocessing: PRESETS.none,
    invert: true,
  });
  t.same(
    inverted,
    plain.map((value) => 255 - value),
  );
});

t.test('what cannot be', async (t) => {
  t.throws(() => imageReader(described([10, 4], {})), { name: 'RangeError', message: /expected a picture/ });
  for (const preprocessing of [null, {}, { scale: '1', offset: 0 }])
    t.throws(() => imageReader(described([8, 8, 1], { preprocessing })), {
      name: 'TypeError',
      message: /metadata\.preprocessing: expected numbers/,
    });
  const none = { naturalWidth: 0, naturalHeight: 0 } as HTMLImageElement;
  t.throws(() => imageInput(described([8, 8, 1], {}), none), { name: 'TypeError', message: /has loaded/ });
});

t.test('top', async (t) => {
  const scores = Float32Array.of(0.125, 0.5, 0.25, 0.125);
  t.same(top(scores, ['a', 'b', 'c', 'd'], 3), [
    { index: 1, label: 'b', score: 0.5 },
    { index: 2, label: 'c', score: 0.25 },
    { index: 0, label: 'a', score: 0.125 },
  ]);
  t.same(
    top(scores).map(({ label }) => label),
    ['1', '2', '0', '3'],
  );
  t.equal(top(new Float32Array(1000)).length, 5);
});
