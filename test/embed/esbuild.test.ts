/** esbuild: what a bundle holds, and that it runs. */
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { copyFileSync, symlinkSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { appWith, ROOT, write } from './app.js';
import { labels, noBrowser, openBrowser, pageOf, serve, titles } from './browser.js';

const app = appWith(t, 'inline.js', 'by-address.js', 'esbuild.config.js');

/** Bytes by gzip of the smallest bundle of a program. */
async function gzipped(program: string): Promise<number> {
  const bundled = await build({
    stdin: { contents: program, resolveDir: app },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  });
  return gzipSync(bundled.outputFiles[0].contents, { level: 9 }).length;
}

t.test('what is not imported is not shipped', async (t) => {
  const entry = 'lopper-runtime';
  const nothing = await gzipped(`import '${entry}'; import '${entry}/inline'; import '${entry}/worker';`);
  const error = await gzipped(`import { LopperError } from '${entry}'; console.log(LopperError);`);
  const load = await gzipped(`import { load } from '${entry}'; console.log(load);`);
  const top = await gzipped(`import { top } from '${entry}/image'; console.log(top);`);
  t.comment(`gzip: nothing ${nothing}, LopperError ${error}, load ${load}, top ${top}`);
  t.ok(nothing < 40, `nothing: ${nothing}`);
  t.ok(error < 300, `LopperError: ${error}`);
  t.ok(load <= 5120, `load: ${load}`);
  t.ok(top < 300, `top: ${top}`);
});

t.test('bundles in a page', { skip: noBrowser }, async (t) => {
  const browser = await openBrowser(t);
  symlinkSync(`${ROOT}node_modules/esbuild`, `${app}/node_modules/esbuild`);
  copyFileSync(`${app}/esbuild.config.js`, `${app}/esbuild.config.mjs`);
  execFileSync(process.execPath, ['esbuild.config.mjs'], { cwd: app });
  const entryPoints = [`${app}/inline.js`];
  await build({ entryPoints, bundle: true, format: 'esm', outdir: `${app}/public` });
  copyFileSync(`${app}/digits.lop`, `${app}/public/digits.lop`);
  for (const name of ['inline', 'by-address'])
    t.test(`${name}.js`, async (t) => {
      write(app, `public/${name}.html`, pageOf(`${name}.js`));
      const { url, asked } = await serve(t, `${app}/public`);
      t.same(await titles(browser, `${app}/public`, `${url}${name}.html`), labels);
      const wasm = asked.filter((path) => path.endsWith('.wasm')).length;
      t.equal(wasm, name === 'inline' ? 0 : labels.length);
    });
});
