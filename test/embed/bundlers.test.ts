/** Vite, webpack and rollup: what they make of docs/embed.md's program runs in a browser. */
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import t, { type Test } from 'tap';
import { appWith, heavy, heavyPath, lacks, write } from './app.js';
import { labels, noBrowser, openBrowser, pageOf, serve, titles } from './browser.js';

const CONFIGS = ['vite.config.js', 'webpack.config.js', 'rollup.config.js'];
const skip = noBrowser || lacks('vite', 'webpack', 'rollup');

/** An app with a page in `public`, where the model and its digit lie. */
function application(t: Test): { app: string; folder: string } {
  const app = appWith(t, 'main.js', 'off-thread.js', ...CONFIGS);
  write(app, 'package.json', '{ "type": "module" }');
  const folder = `${app}/public`;
  mkdirSync(folder);
  copyFileSync(`${app}/digits.lop`, `${folder}/digits.lop`);
  return { app, folder };
}

const config = async (app: string, name: string) =>
  ((await import(`${app}/${name}`)) as { default: Record<string, unknown> }).default;

t.test('Vite', { skip }, async (t) => {
  const { app, folder } = application(t);
  const vite = await heavy('vite');
  const browser = await openBrowser(t);
  for (const name of ['main', 'off-thread'])
    t.test(`builds ${name}.js`, async (t) => {
      write(app, 'index.html', pageOf(`/${name}.js`));
      const worker = { format: 'es' };
      await vite.build({
        ...(await config(app, 'vite.config.js')),
        root: app,
        worker,
        logLevel: 'error',
        configFile: false,
      });
      const { url, asked } = await serve(t, `${app}/dist`);
      t.same(await titles(browser, `${app}/dist`, `${url}index.html`), labels);
      t.equal(asked.filter((path) => path.endsWith('.wasm')).length, labels.length);
      const workers = asked.filter((path) => /worker.*\.js$/.test(path)).length;
      t.equal(workers, name === 'main' ? 0 : labels.length);
    });
  t.test('while developing', async (t) => {
    write(app, 'index.html', pageOf('/main.js'));
    const server = await vite.createServer({
      ...(await config(app, 'vite.config.js')),
      root: app,
      logLevel: 'error',
      configFile: false,
      server: { port: 0, host: '127.0.0.1', hmr: false, headers: { 'Cache-Control': 'no-store' } },
    });
    t.teardown(() => server.close());
    await server.listen();
    t.same(await titles(browser, folder, server.resolvedUrls.local[0]), labels);
  });
});

t.test('webpack', { skip }, async (t) => {
  const { app, folder } = application(t);
  const { default: webpack } = await heavy('webpack');
  const browser = await openBrowser(t);
  for (const name of ['main', 'off-thread'])
    t.test(`${name}.js`, async (t) => {
      const settings = { ...(await config(app, 'webpack.config.js')), entry: `./${name}.js` };
      const errors = await new Promise((resolve, reject) => {
        // oxlint-disable-next-line typescript/no-explicit-any
        webpack(settings, (error: unknown, stats: any) =>
          error ? reject(error as Error) : resolve(stats.compilation.errors),
        );
      });
      t.same(errors, []);
      write(folder, 'index.html', pageOf('main.js'));
      const { url, asked } = await serve(t, folder);
      t.same(await titles(browser, folder, `${url}index.html`), labels);
      t.equal(asked.filter((path) => path.endsWith('.wasm')).length, labels.length);
      t.equal(
        asked.filter((path) => path.endsWith('.js')).length >= labels.length * 2,
        name !== 'main',
        'a worker',
      );
    });
});

t.test('rollup', { skip }, async (t) => {
  const { app, folder } = application(t);
  for (const scope of ['@rollup', '@web']) symlinkSync(heavyPath(scope), `${app}/node_modules/${scope}`);
  const { rollup } = await heavy('rollup');
  const browser = await openBrowser(t);
  const { output, ...input } = await config(app, 'rollup.config.js');
  const bundle = await rollup({ ...input, input: `${app}/main.js` });
  await bundle.write({ ...(output as object), dir: folder });
  write(folder, 'index.html', pageOf('main.js'));
  const { url, asked } = await serve(t, folder);
  t.same(await titles(browser, folder, `${url}index.html`), labels);
  t.equal(asked.filter((path) => path.endsWith('.wasm')).length, labels.length);
});

t.test('rollup leaves out what is not imported', { skip: lacks('rollup') }, async (t) => {
  const { app } = application(t);
  write(app, 'error.js', `import { LopperError } from 'lopper-runtime';\nconsole.log(LopperError);\n`);
  const { rollup } = await heavy('rollup');
  const { nodeResolve } = await heavy('@rollup/plugin-node-resolve');
  const bundle = await rollup({ input: `${app}/error.js`, plugins: [nodeResolve({ browser: true })] });
  const { output } = await bundle.generate({ format: 'es' });
  t.comment(`${output[0].code.length} B`);
  t.ok(output[0].code.length < 600, `${output[0].code.length} B, not minified`);
});
