// Bundles the page into dist/server/public. Each runtime is a script of its own without shared parts, so that its transfer can be
// told from the others', and what compresses lies there compressed. Names carry a hash of what they hold; `worker.js` does not,
// as the runtime starts its threads from it.
import { build } from 'esbuild';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const require = createRequire(import.meta.url);
const page = 'src/server/page';
const target = 'dist/server/public';

/** Folder of an installed package's file; undefined where it is not installed. */
function folderOf(file) {
  try {
    return dirname(require.resolve(file));
  } catch {
    return undefined;
  }
}

const tfjs = folderOf('@tensorflow/tfjs-backend-wasm/package.json');
const ort = folderOf('onnxruntime-web/wasm');

const common = {
  outdir: `${target}/assets`,
  entryNames: '[name]-[hash]',
  chunkNames: 'chunk-[hash]',
  bundle: true,
  minify: true,
  metafile: true,
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  logLevel: 'warning',
};

/** Address of each entry point's script. */
function addresses({ outputs }) {
  const entries = Object.entries(outputs).filter(([, { entryPoint }]) => entryPoint);
  return Object.fromEntries(
    entries.map(([path, { entryPoint }]) => [entryPoint, `/assets/${basename(path)}`]),
  );
}

async function bundle(entry, options = {}) {
  const { metafile } = await build({ ...common, entryPoints: [entry], ...options });
  return addresses(metafile)[entry];
}

/** Operators know how to train; running them in plain loops needs no TensorFlow.js, but for what some make when they are loaded. */
const withoutTraining = {
  name: 'without-training',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@tensorflow\// }, () => ({ path: 'none', namespace: 'none' }));
    onLoad({ filter: /./, namespace: 'none' }, () => ({ contents: 'export const customGrad = (f) => f;' }));
  },
};

rmSync(target, { recursive: true, force: true });
for (const folder of ['assets', 'wasm', 'tfjs', 'ort']) mkdirSync(join(target, folder), { recursive: true });

const scripts = {
  lopper: await bundle(`${page}/engines/lopper.ts`),
  tfjs: await bundle(`${page}/engines/tfjs.ts`),
  ort: ort && (await bundle(`${page}/engines/ort.ts`)),
  reference: await bundle('src/reference/index.ts', {
    entryNames: 'reference-[hash]',
    plugins: [withoutTraining],
    logOverride: { 'import-is-undefined': 'silent' },
  }),
};
await bundle('src/runtime/worker.ts', { entryNames: '[name]' });

const engines = { ENGINE_SCRIPTS: JSON.stringify(scripts) };
const worker = await bundle(`${page}/bench/worker.ts`, {
  splitting: true,
  entryNames: 'bench-[hash]',
  define: engines,
});
const main = await bundle(`${page}/main.ts`, {
  splitting: true,
  define: { ...engines, WORKER_SCRIPT: JSON.stringify(worker) },
});
const style = await bundle(`${page}/style.css`);

const html = readFileSync(`${page}/index.html`, 'utf8')
  .replace('/assets/main.js', main)
  .replace('/assets/style.css', style)
  .replace(/<!--.*?-->/gs, '')
  .replace(/\n\s+/g, '\n');
writeFileSync(`${target}/index.html`, html);
copyFileSync(`${page}/icon.svg`, `${target}/icon.svg`);

function copyAll(from, to, wanted) {
  for (const name of readdirSync(from))
    if (wanted(name)) copyFileSync(join(from, name), join(target, to, name));
}
copyAll('dist/wasm', 'wasm', () => true);
copyAll(`${tfjs}/dist`, 'tfjs', (name) => name.endsWith('.wasm') && !name.includes('threaded'));
if (ort && existsSync(ort)) copyAll(ort, 'ort', (name) => name === 'ort-wasm-simd-threaded.wasm');

for (const name of readdirSync(target, { recursive: true }))
  if (/\.(html|svg|js|css|wasm)$/.test(name))
    writeFileSync(join(target, `${name}.gz`), gzipSync(readFileSync(join(target, name)), { level: 9 }));
