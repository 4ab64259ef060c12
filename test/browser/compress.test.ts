/** Compress: upload, job, progress, download, run here; and a job that is cancelled. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { readLop } from '../../src/format/index.js';
import { Demo, digits, measured, MODELS, skip, value } from './demo.js';

const DENSE = ['model.json', 'weights.bin'].map((name) => `${MODELS}/mnist-cnn/dense/${name}`);

t.test('Compress', { skip }, async (t) => {
  const demo = await Demo.start(t.testdir());
  t.teardown(() => demo.stop());

  await t.test('a model goes up, comes back as a file, and runs here', async (t) => {
    const { page, complaints } = await demo.open({ hash: '#compress' });
    await page.waitForSelector('body[data-compress]');
    await page.setInputFiles('#model-files', DENSE);
    t.match(await page.locator('#model-total').textContent(), /2 files/);
    await page.fill('#job-name', 'digits');
    // the recipe with the least work: jobs give way to all else on a busy machine
    await page.selectOption('#preset', 'int8');
    await page.evaluate(() => {
      const seen: number[] = [];
      Object.assign(globalThis, { seen });
      new MutationObserver(() => {
        const bar = document.querySelector<HTMLProgressElement>('.job progress[value]');
        if (bar) seen.push(bar.value);
      }).observe(document.querySelector('#jobs')!, { subtree: true, childList: true, attributes: true });
    });
    await page.click('#compress-button');
    await page.waitForSelector('.job[data-state="done"], .job[data-state="failed"]', { timeout: 240_000 });
    t.equal(
      await page.locator('.job').getAttribute('data-state'),
      'done',
      (await page.locator('.job').textContent())!,
    );
    const seen = await page.evaluate(() => (globalThis as unknown as { seen: number[] }).seen);
    t.ok(
      seen.some((share) => share > 0) && seen.every((share) => share <= 1),
      `progress: ${seen.length} steps`,
    );

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('.job [data-field="download"]').click(),
    ]);
    t.equal(download.suggestedFilename(), 'digits.lop');
    const file = readFileSync(await download.path());
    const kernels = [...readLop(file).weights.values()].filter(({ shape }) => shape.length > 1);
    t.same([...new Set(kernels.map(({ dtype }) => dtype))], ['i8'], 'its weights are int8');
    const report = await page.locator('.job [data-field="report"]').getAttribute('href');
    const answer = await page.request.get(new URL(report!, demo.url).href);
    t.match(await answer.text(), /<html/i, 'a report');

    await page.locator('.job [data-field="run"]').click();
    await page.waitForSelector('body[data-view="compare"]');
    await measured(page);
    t.same(await digits(page), ['7'], 'it reads the digit that is drawn');
    t.equal(await value(page, 0, 'file'), file.length);
    t.same(complaints, []);
    await page.context().close();
  });

  await t.test('a job that runs is cancelled', async (t) => {
    const { page } = await demo.open({ hash: '#compress' });
    await page.waitForSelector('body[data-compress]');
    await page.setInputFiles('#model-files', DENSE);
    await page.selectOption('#preset', 'smallest');
    await page.fill('#recipe-epochs', '500');
    await page.locator('#recipe-epochs').blur();
    await page.click('#compress-button');
    const job = page.locator('.job').first();
    await page.waitForSelector('.job[data-state="running"] progress[value]');
    await job.locator('[data-field="cancel"]').click();
    await page.waitForSelector('.job[data-state="cancelled"]');
    t.notOk(await job.locator('progress').isVisible());
    t.notOk(await job.locator('[data-field="result"]').isVisible());
    await page.context().close();
  });

  await t.test('what is wrong is said before it is sent', async (t) => {
    const { page } = await demo.open({ hash: '#compress' });
    await page.waitForSelector('body[data-compress]');
    await page.click('#compress-button');
    t.match(await page.locator('#job-problem').textContent(), /Choose the files/);
    await page.click('summary');
    await page.fill('#recipe-text', '{ "prune": { "sparsty": 0.5 } }');
    t.match(await page.locator('#recipe-problem').textContent(), /prune\.sparsty: a recipe has no such key/);
    t.equal(await page.locator('#recipe-text').getAttribute('aria-invalid'), 'true');
    await page.fill('#recipe-text', '{ "prune": { "sparsity": 0.25 }, "recover": { "epochs": 3 } }');
    t.equal(await page.locator('#recipe-sparsity').inputValue(), '0.25', 'the controls follow the text');
    t.equal(await page.locator('#recipe-epochs').inputValue(), '3');
    await page.locator('#recipe-sparsity').fill('0.5');
    t.match(await page.locator('#recipe-text').inputValue(), /"sparsity": 0\.5/, 'and the text the controls');
    await page.context().close();
  });

  await t.test('what the server refuses is told', async (t) => {
    const { page } = await demo.open({ hash: '#compress' });
    await page.waitForSelector('body[data-compress]');
    await page.setInputFiles('#model-files', {
      name: 'x.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('x'),
    });
    await page.click('#compress-button');
    await page.waitForSelector('#job-problem:not([hidden])');
    t.match(await page.locator('#job-problem').textContent(), /expected.*got/);
    await page.context().close();
  });
});
