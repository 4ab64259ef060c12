/** Every runtime of the page can be chosen, answers right, and is fetched only then. */
import { readdirSync } from 'node:fs';
import t from 'tap';
import type { EngineScript } from '../../src/server/page/engines/engine.js';
import type { PageModel } from '../../src/server/page/api.js';
import { Demo, digits, field, measure, measured, PUBLIC, skip, value } from './demo.js';

t.test('runtimes', { skip }, async (t) => {
  const demo = await Demo.start(t.testdir());
  t.teardown(() => demo.stop());

  await t.test('each one is fetched when chosen, and reads a 7', async (t) => {
    const { page, complaints } = await demo.blank();
    const requests: string[] = [];
    page.context().on('request', (request) => requests.push(new URL(request.url()).pathname));
    await page.goto(demo.url);
    await measured(page);
    t.ok(await page.evaluate(() => crossOriginIsolated));
    const choices: [card: number, id: string, note: RegExp, path: RegExp][] = [
      [1, 'lopper-relaxed', /^relaxed-simd$/, /lopper-relaxed-simd\.wasm/],
      [1, 'lopper-threads', /simd128, [2-4] threads/, /-threads\.wasm/],
      [1, 'reference', /plain loops/, /assets\/reference-/],
      [1, 'server', /there and back/, /api\/infer/],
      [1, 'lopper', /^simd128$/, /lopper-simd128\.wasm/],
      [0, 'ort-web', /^onnxruntime 1\./, /ort\/.*\.wasm/],
      [0, 'tfjs-wasm', /^tfjs 4\./, /tfjs\/.*\.wasm/],
    ];
    const sure = await value(page, 1, 'sure');
    for (const [card, id, note, path] of choices) {
      const early = requests.some((request) => path.test(request));
      t.equal(early, ['lopper', 'tfjs-wasm'].includes(id), `${id}: not fetched before it is chosen`);
      await measure(page, () => field(page, card, 'engine').selectOption(id));
      t.match(await field(page, card, 'note').textContent(), note, id);
      t.same(await digits(page), ['7', '7'], id);
      t.ok((await value(page, card, 'latency')) > 0, `${id}: timed`);
      if (card === 1) t.equal(await value(page, 1, 'sure'), sure, `${id}: the same bits`);
      t.ok(
        requests.some((request) => path.test(request)),
        `${id}: fetched`,
      );
    }
    t.same(complaints, []);
    await page.context().close();
  });

  await t.test(
    'the relaxed build and threads give the same bits as the baseline, in every bundled file',
    async (t) => {
      const { page } = await demo.open();
      const script = readdirSync(`${PUBLIC}/assets`).find((name) => /^lopper-\w+\.js$/.test(name))!;
      const different = await page.evaluate(async (address) => {
        const { open } = (await import(address)) as EngineScript;
        const { models } = (await (await fetch('/api/models')).json()) as { models: PageModel[] };
        const wrong: string[] = [];
        let compared = 0;
        for (const { name, inputShape, versions } of models)
          for (const { id, url } of versions) {
            const source = { url, inputShape, model: name, version: id };
            const engines = await Promise.all([
              open(source, { build: 'simd128', threads: 1 }),
              open(source, { build: 'relaxed-simd', threads: 1 }),
              open(source, { build: 'simd128', threads: 2 }),
            ]);
            const size = inputShape.reduce((product, dim) => product * dim, 1);
            for (let seed = 1; seed <= 5; seed++) {
              const input = Float32Array.from({ length: size }, (_, i) => ((i * 7919 * seed) % 256) / 255);
              const answers = await Promise.all(
                engines.map(async (engine) => String(Array.from(await engine.run(input)))),
              );
              if (new Set(answers).size !== 1) wrong.push(`${name} ${id}, seed ${seed}`);
              compared++;
            }
            for (const engine of engines) engine.dispose();
          }
        return { wrong, compared };
      }, `/assets/${script}`);
      t.same(different.wrong, []);
      t.ok(different.compared >= 50, `${different.compared} answers`);
      await page.context().close();
    },
  );

  await t.test('what cannot run is there, disabled, with the reason', async (t) => {
    const { page } = await demo.blank();
    await page.addInitScript(() =>
      Object.defineProperty(globalThis, 'crossOriginIsolated', { value: false }),
    );
    await page.goto(demo.url);
    await measured(page);
    const option = field(page, 1, 'engine').locator('option[value="lopper-threads"]');
    t.ok(await option.evaluate((element) => (element as HTMLOptionElement).disabled));
    t.match(await option.textContent(), /not cross-origin isolated/);
    await page.context().close();
  });

  await t.test('a third card, and away with it', async (t) => {
    const { page } = await demo.open();
    await measured(page);
    await measure(page, () => page.click('#add'));
    t.same(await digits(page), ['7', '7', '7']);
    t.equal(await field(page, 2, 'version').inputValue(), 'kept-4', 'the sparsest that is not shown yet');
    await field(page, 2, 'remove').click();
    t.equal(await page.locator('.card').count(), 2);
    await page.context().close();
  });
});
