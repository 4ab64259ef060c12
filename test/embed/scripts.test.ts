/** Pages without a bundler: script tag, module, workers, service worker. */
import { cpSync } from 'node:fs';
import t from 'tap';
import { appWith, write } from './app.js';
import { ISOLATED, labels, noBrowser, openBrowser, pageOf, serve, titles } from './browser.js';

t.test('pages', { skip: noBrowser }, async (t) => {
  const pages = ['index.html', 'module.html', 'worker.html', 'service.html'];
  const app = appWith(t, ...pages, 'worker.js', 'service-worker.js');
  cpSync(`${app}/node_modules/lopper-runtime/dist/wasm`, `${app}/lopper`, { recursive: true });
  const browser = await openBrowser(t);

  for (const page of pages)
    t.test(page, async (t) => {
      const { url } = await serve(t, app);
      t.same(await titles(browser, app, url + page), labels);
    });

  t.test('a classic worker', async (t) => {
    write(
      app,
      'classic.js',
      `importScripts('lopper/lopper.global.js');
      const model = lopper.load('digits.lop');
      addEventListener('message', async ({ data }) => {
        const [scores] = (await model).run(data);
        postMessage(scores.indexOf(Math.max(...scores)));
      });`,
    );
    write(
      app,
      'classic.html',
      `<!doctype html><script type="module">
        const worker = new Worker('classic.js');
        worker.onmessage = ({ data }) => (document.title = data);
        worker.postMessage(Float32Array.from(await (await fetch('digit.json')).json()));
      </script>`,
    );
    const { url } = await serve(t, app);
    // there the script's own address is the worker's, so that the builds are to lie beside that
    cpSync(`${app}/lopper/lopper-simd128.wasm`, `${app}/lopper-simd128.wasm`);
    t.same(await titles(browser, app, `${url}classic.html`), labels);
  });

  for (const [script, threads] of [
    ['lopper.global.js', 3],
    ['lopper.js', 3],
  ] as const)
    t.test(`threads of ${script}`, async (t) => {
      const load = script === 'lopper.js' ? `import { load } from './lopper/lopper.js';` : '';
      const tag = script === 'lopper.js' ? '' : `<script src="lopper/${script}"></script>`;
      write(
        app,
        'threads.html',
        `<!doctype html>${tag}<script type="module">${load}
          const model = await (globalThis.lopper?.load ?? load)('digits.lop', { threads: ${threads} });
          document.title = model.threads;
        </script>`,
      );
      const { url } = await serve(t, app, ISOLATED);
      t.same(
        await titles(browser, app, `${url}threads.html`),
        labels.map(() => `${threads}`),
      );
    });

  t.test('a policy that allows nothing but wasm-unsafe-eval', async (t) => {
    write(
      app,
      'strict.js',
      `import { load } from './lopper/lopper.js';
      const [scores] = (await load('digits.lop')).run(Float32Array.from(await (await fetch('digit.json')).json()));
      document.title = scores.indexOf(Math.max(...scores));`,
    );
    write(app, 'strict.html', pageOf('strict.js').replace(/<link.*\n/, ''));
    const policy =
      "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self'";
    const { url } = await serve(t, app, { 'Content-Security-Policy': policy });
    t.same(await titles(browser, app, `${url}strict.html`), labels);
    const without = await serve(t, app, {
      'Content-Security-Policy': policy.replace(" 'wasm-unsafe-eval'", ''),
    });
    const refused = await titles(browser, app, `${without.url}strict.html`);
    t.match(refused[0], /Content Security Policy/, 'without it there is no WebAssembly');
  });
});
