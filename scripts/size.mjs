// Holds the size budget of DESIGN 5: each core build <= 40 KB and <= 16 KB gzip, each full build, also with threads, <= 24 KB
// gzip, the build of all operators <= 28 KB gzip, the JavaScript <= 5 KB gzip.
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const KB = 1024;
const root = new URL('..', import.meta.url).pathname;
const javascript = await build({
  entryPoints: [`${root}src/runtime/index.ts`],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  write: false,
});

const wasm = (name, ...budgets) => [name, readFileSync(`${root}dist/wasm/${name}`), ...budgets];
const rows = [
  wasm('lopper-simd128.wasm', 40 * KB, 16 * KB),
  wasm('lopper-simd128-full.wasm', 80 * KB, 24 * KB),
  wasm('lopper-simd128-all.wasm', 80 * KB, 28 * KB),
  wasm('lopper-relaxed-simd.wasm', 80 * KB, 24 * KB),
  wasm('lopper-simd128-threads.wasm', 80 * KB, 24 * KB),
  wasm('lopper-relaxed-simd-threads.wasm', 80 * KB, 24 * KB),
  ['runtime, minified', javascript.outputFiles[0].contents, Infinity, 5 * KB],
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
