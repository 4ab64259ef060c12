/** Device lab: this device is measured; what is agreed to is sent, and nothing else. */
import t from 'tap';
import type { Measurement } from '../../src/server/page/lab/api.js';
import { Demo, skip } from './demo.js';

t.test('Device lab', { skip }, async (t) => {
  const demo = await Demo.start(t.testdir());
  t.teardown(() => demo.stop());
  const { page, complaints } = await demo.open({ hash: '#lab' });
  const sent: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') sent.push(request.postData() ?? '');
  });

  await t.test('cancelled', async (t) => {
    await page.click('#lab-measure');
    await page.waitForFunction(() => document.querySelector('#lab-measure')!.textContent === 'Cancel');
    await page.click('#lab-measure');
    await page.waitForSelector('body[data-lab="cancelled"]');
    t.equal(await page.locator('#lab-measure').textContent(), 'Measure this device');
  });

  await t.test('every model in every runtime', async (t) => {
    await page.click('#lab-measure');
    await page.waitForSelector('body[data-lab="done"]', { timeout: 240_000 });
    const rows = await page.locator('#lab-rows tr').allTextContents();
    t.equal(rows.length, 3 * 6, '3 models, 2 peers of the original and 4 of the pruned file');
    for (const name of [
      'Lopper',
      'relaxed SIMD',
      'threads',
      'Plain JavaScript',
      'TensorFlow.js',
      'ONNX Runtime Web',
    ])
      t.equal(rows.filter((row) => row.includes(name)).length >= 3, true, name);
    t.same(sent, [], 'nothing is sent yet');
    t.ok(await page.locator('#lab-send').isDisabled(), 'not without consent');
  });

  await t.test('sent with consent, as shown; the table and the plot have it', async (t) => {
    await page.fill('#lab-name', 'Test device');
    await page.locator('#lab-share summary').click();
    const shown = JSON.parse((await page.locator('#lab-payload').textContent())!) as Measurement;
    await page.check('#lab-consent');
    await page.click('#lab-send');
    await page.waitForSelector('#lab-sent:not(:empty)');
    await page.waitForSelector('body[data-devices="1"]');
    t.same(JSON.parse(sent[0]), shown, 'what was sent is what was shown');
    t.equal(shown.results.length, 18);
    t.equal(await page.locator('#devices-rows tr').count(), 18);
    t.match(await page.locator('#devices-rows tr').first().textContent(), /Test device/);
    t.ok(await page.locator('#lab-plot canvas').isVisible());
  });

  await t.test('filters and exports', async (t) => {
    await page.selectOption('#lab-model', 'lenet-5');
    await page.waitForFunction(() => document.querySelectorAll('#devices-rows tr').length === 6);
    await page.selectOption('#lab-runtime', 'tfjs-wasm');
    await page.waitForFunction(() => document.querySelectorAll('#devices-rows tr').length === 1);
    const get = async (link: string) => {
      const href = await page.locator(link).getAttribute('href');
      return (await page.request.get(new URL(href!, demo.url).href)).text();
    };
    t.equal((await get('a[href$=".csv"]')).trim().split('\n').length, 19, 'a head and 18 rows');
    t.match(await get('a[href$=".json"]'), /Test device/);
  });
  t.same(complaints, []);
});
