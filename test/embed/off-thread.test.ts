/** `loadWorker` in pages, by script tag and by address, and where there are no workers; the reference in a page. */
import { build } from 'esbuild';
import { cpSync } from 'node:fs';
import t from 'tap';
import { appWith, snippet, write } from './app.js';
import { ISOLATED, labels, noBrowser, openBrowser, pageOf, serve, titles } from './browser.js';

t.test('pages', { skip: noBrowser }, async (t) => {
  const app = appWith(t);
  cpSync(`${app}/node_modules/lopper-runtime/dist/wasm`, `${app}/lopper`, { recursive: true });
  const browser = await openBrowser(t);
  /** Whether it ran off the thread is shown by an error where it is not as expected. */
  const program = (from: string, options: string, offThread: boolean): string =>
    snippet('off-thread.js')
      .replace("'lopper-runtime/worker'", `'${from}'`)
      .replace("loadWorker('digits.lop')", `loadWorker('digits.lop', ${options})`)
      .replace(
        'document.title',
        `if (model.offThread !== ${offThread}) throw new Error('thread');\ndocument.title`,
      );

  t.test('the script beside the builds, with threads in the worker', async (t) => {
    write(app, 'off.js', program('./lopper/lopper.js', '{ threads: 2 }', true));
    write(app, 'off.html', pageOf('off.js'));
    const { url, asked } = await serve(t, app, ISOLATED);
    t.same(await titles(browser, app, `${url}off.html`), labels);
    t.ok(asked.includes('lopper/lopper-model-worker.js'));
    t.ok(
      asked.includes('lopper/lopper-simd128-threads.wasm') ||
        asked.includes('lopper/lopper-relaxed-simd-threads.wasm'),
    );
  });

  for (const [what, options, offThread] of [
    ['a bundle that is told where the script is', `{ worker: 'lopper/lopper-model-worker.js' }`, true],
    ['a bundle that is not: the calling thread', `{ wasm: 'lopper/lopper-simd128.wasm' }`, false],
  ] as const)
    t.test(what, async (t) => {
      write(app, 'main.js', program('lopper-runtime/worker', options, offThread));
      await build({ entryPoints: [`${app}/main.js`], bundle: true, format: 'esm', outdir: `${app}/built` });
      write(app, 'main.html', pageOf('built/main.js'));
      const { url } = await serve(t, app);
      t.same(await titles(browser, app, `${url}main.html`), labels);
    });

  t.test('the reference', async (t) => {
    write(app, 'reference.js', snippet('reference.js'));
    await build({
      entryPoints: [`${app}/reference.js`],
      bundle: true,
      format: 'esm',
      outdir: `${app}/built`,
    });
    write(app, 'reference.html', pageOf('built/reference.js'));
    const { url, asked } = await serve(t, app);
    t.same(await titles(browser, app, `${url}reference.html`), labels);
    t.notOk(asked.some((path) => path.endsWith('.wasm')));
  });
});
