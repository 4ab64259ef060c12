// Bundles the page into dist/server/public. Each runtime is a script of its own, so that its transfer can be told from
// the other's, and what compresses lies there compressed.
import { build, transform } from 'esbuild';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const require = createRequire(import.meta.url);
const page = 'src/server/page';
const target = 'dist/server/public';
const tfjs = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));

rmSync(target, { recursive: true, force: true });
for (const folder of ['assets', 'wasm', 'tfjs']) mkdirSync(join(target, folder), { recursive: true });

await build({
  entryPoints: ['main', 'engines/lopper', 'engines/tfjs'].map((name) => ({
    in: `${page}/${name}.ts`,
    out: name.split('/').at(-1),
  })),
  outdir: `${target}/assets`,
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  logLevel: 'warning',
});

const style = await transform(readFileSync(`${page}/style.css`, 'utf8'), { loader: 'css', minify: true });
writeFileSync(`${target}/assets/style.css`, style.code);
for (const name of ['index.html', 'icon.svg']) copyFileSync(`${page}/${name}`, `${target}/${name}`);
for (const name of readdirSync('dist/wasm')) copyFileSync(`dist/wasm/${name}`, `${target}/wasm/${name}`);
for (const name of readdirSync(`${tfjs}/dist`))
  if (name.endsWith('.wasm') && !name.includes('threaded'))
    copyFileSync(`${tfjs}/dist/${name}`, `${target}/tfjs/${name}`);

for (const name of readdirSync(target, { recursive: true }))
  if (/\.(html|svg|js|css|wasm)$/.test(name))
    writeFileSync(join(target, `${name}.gz`), gzipSync(readFileSync(join(target, name)), { level: 9 }));
