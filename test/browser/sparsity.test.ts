/** Sparsity: the slider moves accuracy, size, speed and masks together. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { lopStatistics } from '../../src/format/index.js';
import { bytes, share } from '../../src/server/page/units.js';
import { Demo, MODELS, skip } from './demo.js';

/** What the file itself says: the page counts biases too, a recipe's sparsity only kernels. */
const sparsest = lopStatistics(readFileSync(`${MODELS}/mnist-cnn/versions/kept-4.lop`));
const kept = share(sparsest.kept / sparsest.params);

t.test('Sparsity', { skip }, async (t) => {
  const demo = await Demo.start(t.testdir());
  t.teardown(() => demo.stop());
  const { page, complaints } = await demo.open({ hash: '#sparsity' });
  await page.waitForSelector('body[data-sparsity="mnist-cnn"]');
  const text = (id: string) => page.locator(`#${id}`).textContent();

  await t.test('the bundled file first, timed on this device', async (t) => {
    t.equal(await text('density-value'), '15 %');
    t.equal(await text('trend-accuracy'), '98.16 %');
    t.match(await text('trend-latency'), /^[\d.]+ (µs|ms)$/);
    for (const id of ['accuracy', 'bytes', 'latency'])
      t.match(
        await page.locator(`#chart-${id}`).getAttribute('aria-label'),
        new RegExp(`98 %: .*50 %: .*15 %: .*${kept}: `),
        `${id} is told to those who cannot see it`,
      );
  });

  await t.test('by keyboard to the sparsest, and to the dense one', async (t) => {
    await page.locator('#density').press('End');
    await page.waitForSelector('body[data-layers="kept-4"]');
    t.equal(await text('density-value'), kept);
    t.equal(await text('trend-bytes'), bytes(sparsest.file_bytes));
    t.match(await page.locator('#layers li').nth(1).textContent(), /dense.*10×2028.*of 20,280/);
    await page.locator('#density').press('Home');
    await page.waitForSelector('body[data-layers="int8"]');
    t.equal(await text('trend-accuracy'), '98.32 %');
  });

  await t.test('a mask shows what is kept', async (t) => {
    const pruned = async (version: string): Promise<number> => {
      await page.waitForSelector(`body[data-layers="${version}"]`);
      return page
        .locator('#layers canvas')
        .nth(1)
        .evaluate((element) => {
          const canvas = element as HTMLCanvasElement;
          const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
          const track = getComputedStyle(document.documentElement).getPropertyValue('--track').trim();
          const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(track.slice(at, at + 2), 16));
          let [empty, all] = [0, 0];
          for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3] === 0) continue;
            all++;
            if (data[i + 3] === 255 && data[i] === r && data[i + 1] === g && data[i + 2] === b) empty++;
          }
          return empty / all;
        });
    };
    const dense = await pruned('int8');
    await page.locator('#density').press('End');
    const sparse = await pruned('kept-4');
    t.ok(dense < 0.1 && Math.abs(sparse - 0.96) < 0.02, `${dense} and ${sparse} of the weights are empty`);
  });
  t.same(complaints, []);
});
