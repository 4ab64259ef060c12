/** esbuild: what a bundle holds, and that it runs. */
import { build } from 'esbuild';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { appWith, write } from './app.js';
import { labels, noBrowser, openBrowser, pageOf, serve, titles } from './browser.js';

const app = appWith(t, 'inline.js', 'by-address.js');

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
  const nothing = await gzipped(`import '${entry}'; import '${entry}/inline';`);
  const error = await gzipped(`import { LopperError } from '${entry}'; console.log(LopperError);`);
  const load = await gzipped(`import { load } from '${entry}'; console.log(load);`);
  const inline = await gzipped(`import { load } from '${entry}/inline'; console.log(load);`);
  t.comment(`gzip: nothing ${nothing}, LopperError ${error}, load ${load}, inline ${inline}`);
  t.ok(nothing < 40, `nothing: ${nothing}`);
  t.ok(error < 300, `LopperError: ${error}`);
  t.ok(load <= 5120, `load: ${load}`);
  t.ok(inline <= 20 * 1024, `inline: ${inline}`);
});

t.test('bundles in a page', { skip: noBrowser }, async (t) => {
  const browser = await openBrowser(t);
  for (const name of ['inline', 'by-address'])
    t.test(name, async (t) => {
      await build({
        entryPoints: [`${app}/${name}.js`],
        bundle: true,
        format: 'esm',
        outdir: `${app}/built`,
        loader: { '.wasm': 'file' },
        publicPath: '/built',
        assetNames: '[name]',
        logLevel: 'error',
      });
      write(app, `${name}.html`, pageOf(`built/${name}.js`));
      const { url, asked } = await serve(t, app);
      t.same(await titles(browser, app, `${url}${name}.html`), labels);
      const wasm = asked.filter((path) => path.endsWith('.wasm')).length;
      t.equal(wasm, name === 'inline' ? 0 : labels.length);
    });
});
