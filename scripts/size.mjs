// Holds the size budget of DESIGN 5: each core build <= 40 KB and <= 16 KB gzip, each full build, also with threads, <= 24 KB
// gzip, the build of all operators <= 28 KB gzip, the JavaScript of `load` <= 5 KB gzip; and what the other entries ship.
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const KB = 1024;
const root = new URL('..', import.meta.url).pathname;
/** What a page ships that imports these names and no more. */
async function shipped(file, names) {
  const bundled = await build({
    stdin: { contents: `export { ${names} } from './dist/${file}';`, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  return bundled.outputFiles[0].contents;
}

const wasm = (name, ...budgets) => [name, readFileSync(`${root}dist/wasm/${name}`), ...budgets];
const rows = [
  wasm('lopper-simd128.wasm', 40 * KB, 16 * KB),
  wasm('lopper-simd128-full.wasm', 80 * KB, 24 * KB),
  wasm('lopper-simd128-all.wasm', 80 * KB, 28 * KB),
  wasm('lopper-relaxed-simd.wasm', 80 * KB, 24 * KB),
  wasm('lopper-simd128-threads.wasm', 80 * KB, 24 * KB),
  wasm('lopper-relaxed-simd-threads.wasm', 80 * KB, 24 * KB),
  ['load', await shipped('runtime/index.js', 'load'), Infinity, 5 * KB],
  ['LopperError alone', await shipped('runtime/index.js', 'LopperError'), Infinity, 0.25 * KB],
  ['inline: load', await shipped('runtime/inline.js', 'load'), Infinity, 20 * KB],
  ['inline-full: load', await shipped('runtime/inline-full.js', 'load'), Infinity, 32 * KB],
  ['worker: loadWorker', await shipped('runtime/async/index.js', 'loadWorker'), Infinity, 6 * KB],
  ['image: imageReader', await shipped('preprocess/canvas.js', 'imageReader'), Infinity, 4 * KB],
  ['reference: load', await shipped('reference/lopper-reference.js', 'load'), Infinity, 24 * KB],
  wasm('lopper.global.js', Infinity, 9 * KB),
  wasm('lopper.js', Infinity, 9 * KB),
].map(([name, bytes, rawBudget, gzipBudget]) => {
  const gzip = gzipSync(bytes, { level: 9 }).length;
  const fits = bytes.length <= rawBudget && gzip <= gzipBudget;
  return { name, bytes: bytes.length, gzip, budget: gzipBudget, fits };
});

for (const { name, bytes, gzip, budget, fits } of rows) {
  process.stdout.write(
    `${name.padEnd(33)} ${bytes} B, gzip ${gzip} B of ${budget} ${fits ? 'ok' : 'TOO LARGE'}\n`,
  );
}
if (rows.some((row) => !row.fits)) process.exitCode = 1;
