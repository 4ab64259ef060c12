import t from 'tap';
import { augmentImages, Batcher, labelsOf, shiftAndFlip, zoomIn, type Split } from '../../src/train/index.js';
import { randomStream } from '../../src/train/random.js';

const split: Split = {
  x: Uint8Array.from({ length: 10 * 4 }, (_, i) => i),
  y: Uint8Array.from({ length: 10 }, (_, i) => i),
  count: 10,
};
const options = { batch: 4, preprocessing: { scale: [1, 0.5], offset: [0, -1] }, inputShape: [1, 2, 2] };

t.test('batches in file order, scaled by channel; the last is short', async (t) => {
  const batcher = new Batcher(split, options);
  t.equal(batcher.length, 3);
  const { x, y, count } = await batcher.at(2);
  t.same([...y], [8, 9]);
  t.same([...x], [32, 15.5, 34, 16.5, 36, 17.5, 38, 18.5]);
  t.equal(count, 2);
});

t.test('an epoch has every sample once, another order each epoch and seed', async (t) => {
  const epoch = async (number: number, seed: number): Promise<number[]> => {
    const batcher = new Batcher(split, options);
    const classes: number[] = [];
    for (let index = 0; index < 3; index++) classes.push(...(await batcher.shuffled(index, number, seed)).y);
    return classes;
  };
  const first = await epoch(0, 1);
  t.same(first.toSorted(), [...labelsOf(split)]);
  t.same(first, await epoch(0, 1));
  t.notSame(first, await epoch(1, 1));
  t.notSame(first, await epoch(0, 2));
});

t.test('augmentation of a batch does not depend on the batches before it', async (t) => {
  const augment = shiftAndFlip({ shift: 1, flip: true });
  const all = new Batcher(split, options);
  await all.shuffled(0, 3, 1, { augment });
  const after = (await all.shuffled(1, 3, 1, { augment })).x.slice();
  t.same((await new Batcher(split, options).shuffled(1, 3, 1, { augment })).x, after);
});

t.test('samples that are read when asked for, without labels', async (t) => {
  const asked: number[][] = [];
  const read = async (samples: ArrayLike<number>): Promise<Uint8Array> => {
    asked.push(Array.from(samples));
    return Uint8Array.from({ length: 4 * samples.length }, (_, i) => 4 * samples[i >> 2] + (i % 4));
  };
  const lazy = new Batcher({ x: { dtype: 'u8', read }, count: 10 }, options);
  const { x, y } = await lazy.at(2);
  t.same([...x], [32, 15.5, 34, 16.5, 36, 17.5, 38, 18.5]);
  t.same([...y], [0, 0]);
  t.same(asked, [[8, 9]]);
});

t.test('channels first', async (t) => {
  const preprocessing = { ...options.preprocessing, layout: 'chw' as const };
  const { x } = await new Batcher(split, { ...options, preprocessing }).at(2);
  t.same([...x], [32, 34, 15.5, 16.5, 36, 38, 17.5, 18.5]);
});

const always = (value: number) => (): number => value;

t.test('shift and flip', (t) => {
  const image = Float32Array.from({ length: 9 }, (_, i) => i + 1);
  const shifted = image.slice();
  shiftAndFlip({ shift: 1 })(shifted, [3, 3, 1], always(0.99));
  t.same([...shifted], [5, 6, 0, 8, 9, 0, 0, 0, 0]);
  const mirrored = image.slice();
  shiftAndFlip({ flip: true })(mirrored, [3, 3, 1], always(0.4));
  t.same([...mirrored], [3, 2, 1, 6, 5, 4, 9, 8, 7]);
  const same = image.slice();
  shiftAndFlip({})(same, [3, 3, 1], randomStream(1));
  t.same(same, image);
  t.end();
});

t.test('zoom: a part of half the height and width, in either layout', (t) => {
  const image = Float32Array.from({ length: 16 }, (_, i) => Math.floor(i / 4));
  let draws = [0, 1, 0.5];
  const shown = image.slice();
  // side sqrt(0.25), rows 1 to 3: their centres at 1.25, 1.75, 2.25, 2.75 lie between the rows' at 0.5, 1.5, ...
  zoomIn(0.25)(shown, [4, 4, 1], () => draws.shift()!);
  t.same(Array.from(shown.filter((_, i) => i % 4 === 0)), [0.75, 1.25, 1.75, 2.25]);
  const planes = Float32Array.from({ length: 32 }, (_, i) => image[i % 16] + (i < 16 ? 0 : 10));
  draws = [0, 1, 0.5];
  zoomIn(0.25)(planes, [4, 4, 2], () => draws.shift()!, 'chw');
  t.same(
    Array.from(planes.filter((_, i) => i % 4 === 0)),
    [0.75, 1.25, 1.75, 2.25, 10.75, 11.25, 11.75, 12.25],
  );
  t.end();
});

t.test('images are changed, and nothing else', (t) => {
  const sample = Float32Array.from({ length: 9 }, (_, i) => i);
  const both = sample.slice();
  augmentImages({ flip: true, zoom: 1 })(both, [3, 3, 1], always(0.4));
  t.same([...both], [2, 1, 0, 5, 4, 3, 8, 7, 6]);
  t.throws(() => augmentImages({ flip: true })(sample, [9], always(0.4)), {
    name: 'RangeError',
    message: /augment: expected images, .*, got samples of 9/,
  });
  t.end();
});

t.test('bad options', (t) => {
  const preprocessing = { scale: [1, 2, 3], offset: 0 };
  t.throws(
    () => new Batcher(split, { ...options, preprocessing }),
    /expected 2 numbers, one a channel, got 3/,
  );
  t.throws(() => new Batcher({ ...split, count: 0 }, options), /expected at least one sample, got 0/);
  t.end();
});
