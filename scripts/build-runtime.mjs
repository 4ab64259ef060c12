// What tsc does not make of the runtime: the builds inside scripts, CommonJS beside the modules, and one-file scripts beside the builds.
// usage: node scripts/build-runtime.mjs   (after `npm run build:wasm` and `npm run build:ts`)
import { build, transform } from 'esbuild';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { bundleReference } from './build-reference.mjs';
import { commonJsSources } from './entries.mjs';

process.chdir(new URL('..', import.meta.url).pathname);

const INLINED = { core: 'lopper-simd128.wasm', all: 'lopper-simd128-all.wasm' };

/** dist/runtime/inlined/*.js: a build by zlib and base64. */
function inlineBuilds() {
  mkdirSync('dist/runtime/inlined', { recursive: true });
  for (const [name, file] of Object.entries(INLINED)) {
    const packed = deflateSync(readFileSync(`dist/wasm/${file}`), { level: 9 }).toString('base64');
    const types = `declare const wasm: string;\nexport default wasm;\n`;
    writeFileSync(`dist/runtime/inlined/${name}.js`, `export default '${packed}';\n`);
    writeFileSync(`dist/runtime/inlined/${name}.d.ts`, types);
  }
}

/** x.js becomes x.cjs beside it, and x.d.ts x.d.cts: each module stays one, so that an error's class is the same in all entries. */
async function writeCommonJs(file) {
  const code = readFileSync(file, 'utf8').replace(/\n\/\/# sourceMappingURL.*/, '');
  const url = 'const __url = require("node:url").pathToFileURL(__filename).href;\n';
  const result = await transform(code, {
    format: 'cjs',
    target: 'node20',
    define: { 'import.meta.url': '__url' },
    banner: code.includes('import.meta.url') ? url : '',
  });
  writeFileSync(file.replace(/\.js$/, '.cjs'), toCommonJsNames(result.code));
}

const toCommonJsNames = (text) => text.replace(/(["'])(\.\.?\/[^"']*)\.js\1/g, '$1$2.cjs$1');

function writeCommonJsTypes(file) {
  writeFileSync(file.replace(/\.ts$/, '.cts'), toCommonJsNames(readFileSync(file, 'utf8')));
}

/** What the one-file scripts offer: `load`, `loadWorker`, `imageReader`, ... */
const MODEL_WORKER = 'src/runtime/async/script-worker.ts';
const ALL = `export * from './src/runtime/script.js'; export * from './src/preprocess/canvas.js';`;

/** dist/wasm/lopper.js, lopper.global.js (`lopper` by script tag) and their workers: of threads, and of `loadWorker`. */
async function bundleScripts() {
  const shared = { bundle: true, minify: true, target: 'es2022', logLevel: 'warning' };
  const script = { ...shared, stdin: { contents: ALL, resolveDir: '.' } };
  await build({ ...script, format: 'esm', outfile: 'dist/wasm/lopper.js' });
  const classic = {
    format: 'iife',
    define: { 'import.meta.url': 'scriptUrl' },
    inject: ['src/runtime/script-url.ts'],
  };
  await build({ ...script, ...classic, globalName: 'lopper', outfile: 'dist/wasm/lopper.global.js' });
  const workers = { 'lopper-worker': 'src/runtime/worker.ts', 'lopper-model-worker': MODEL_WORKER };
  await build({ ...shared, ...classic, entryPoints: workers, outdir: 'dist/wasm' });
}

inlineBuilds();
await bundleReference();
for (const file of commonJsSources())
  await (file.endsWith('.js') ? writeCommonJs(file) : writeCommonJsTypes(file));
await bundleScripts();
