/** Frames, planned: the bytes of `imageValues`. */
import t from 'tap';
import { planFrames } from '../../src/preprocess/frames.js';
import { imageValues, type ImagePreprocessing } from '../../src/preprocess/image.js';
import type { Filter } from '../../src/preprocess/resize.js';
import { random, SEED } from '../helpers/random.js';

const FITS: ImagePreprocessing['fit'][] = ['stretch', 'crop', 'pad'];
const FILTERS: Filter[] = ['nearest', 'bilinear', 'bicubic', 'lanczos3'];

t.test('random sizes and options', async (t) => {
  const r = random();
  for (let i = 0; i < 120; i++) {
    const size = { width: r.int(1, 70), height: r.int(1, 70) };
    const shape = [r.int(1, 40), r.int(1, 40), i % 2 ? 1 : 3];
    if (i % 9 === 0) [shape[0], shape[1]] = [size.height, size.width];
    const options: ImagePreprocessing = {
      fit: FITS[r.int(0, 2)],
      filter: FILTERS[r.int(0, 3)],
      crop: i % 3 ? 1 : 0.5 + r.next() / 2,
      order: i % 4 ? 'rgb' : 'bgr',
      invert: i % 5 === 0,
    };
    const opaque = i % 6 > 0;
    const plan = planFrames(size, shape, options);
    for (let frame = 0; frame < 2; frame++) {
      const data = Uint8ClampedArray.from({ length: size.width * size.height * 4 }, (_, at) =>
        opaque && at % 4 === 3 ? 255 : r.int(0, 255),
      );
      const want = imageValues({ ...size, channels: 4, data }, shape, options);
      t.same(
        Buffer.from(plan(data)).compare(want),
        0,
        `${i}: ${JSON.stringify({ size, shape, options })}, SEED=${SEED}`,
      );
    }
  }
});

t.test('channels that no picture has', async (t) => {
  t.throws(() => planFrames({ width: 2, height: 2 }, [2, 2, 2])(new Uint8Array(16)), { name: 'RangeError' });
});
