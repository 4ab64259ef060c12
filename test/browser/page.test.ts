/** Compare: what is drawn is read right by the dense original and by the pruned version, and the figures are true. */
import { readFileSync, statSync } from 'node:fs';
import t from 'tap';
import { Demo, digits, draw, field, measure, measured, MODELS, skip, value } from './demo.js';

t.test('Compare', { skip }, async (t) => {
  const demo = await Demo.start(t.testdir());
  t.teardown(() => demo.stop());

  await t.test('both networks read drawn digits, and the figures are there', async (t) => {
    const { page, complaints } = await demo.open();
    await measured(page);
    t.same(await digits(page), ['7', '7'], 'a sample is drawn at the start');
    const drawn: [string, [number, number][]][] = [
      [
        '1',
        [
          [0.52, 0.15],
          [0.48, 0.85],
        ],
      ],
      [
        '7',
        [
          [0.28, 0.2],
          [0.72, 0.2],
          [0.6, 0.45],
          [0.48, 0.85],
        ],
      ],
    ];
    for (const [digit, points] of drawn) {
      await page.click('#clear');
      t.same(await digits(page), ['–', '–'], 'cleared');
      await measure(page, () => draw(page, points));
      t.same(await digits(page), [digit, digit]);
      t.match(
        await page.locator('#status').textContent(),
        new RegExp(`Dense original, f32: ${digit}, \\d+ %. Pruned, 15 % kept, int8: ${digit}, \\d+ %`),
      );
      for (const card of [0, 1]) {
        const latency = await value(page, card, 'latency');
        t.ok(latency > 0 && latency < 1000, `card ${card}: ${latency} ms`);
        t.ok((await value(page, card, 'runs')) >= 250, 'many runs');
        const sure = await value(page, card, 'sure');
        t.ok(sure > 0.3 && sure <= 1.000001, `card ${card}: ${sure}`);
        t.ok((await value(page, card, 'memory')) >= 65536, 'memory');
      }
    }
    const steady = await page.locator('#faster-what').textContent();
    const ratio = steady === 'faster, one inference' ? /^[\d.]+×$/ : /^–$/;
    t.match(
      await page.locator('#faster').textContent(),
      ratio,
      `a ratio only where it means something: ${steady}`,
    );
    t.same(complaints, []);
    await page.context().close();
  });

  await t.test('bytes are those on the wire, and accuracy that of the file', async (t) => {
    const { page } = await demo.open();
    t.equal(await value(page, 1, 'file'), statSync(`${MODELS}/mnist-cnn/model.lop`).size);
    const json = readFileSync(`${MODELS}/mnist-cnn/dense/model.json`, 'utf8');
    const { weightsManifest } = JSON.parse(json) as { weightsManifest: { paths: string[] }[] };
    const shards = weightsManifest.flatMap(({ paths }) =>
      paths.map((path) => `${MODELS}/mnist-cnn/dense/${path}`),
    );
    const dense = shards.reduce((sum, path) => sum + statSync(path).size, Buffer.byteLength(json));
    t.equal(await value(page, 0, 'file'), dense);
    for (const card of [0, 1]) {
      const [file, fetched] = [await value(page, card, 'file'), await value(page, card, 'model')];
      t.ok(
        fetched > 0.5 * file && fetched <= file,
        `card ${card}: ${fetched} of ${file} bytes, compressed or not`,
      );
    }
    const [tfjs, lopper] = [await value(page, 0, 'runtime'), await value(page, 1, 'runtime')];
    t.ok(lopper > 5_000 && lopper < 30_000, `Lopper's wasm and JavaScript: ${lopper}`);
    t.ok(tfjs > 5 * lopper && tfjs < 2_000_000, `tfjs' wasm and JavaScript: ${tfjs}`);
    t.equal(await field(page, 1, 'accuracy').textContent(), '98.16 %');
    await page.context().close();
  });
});
