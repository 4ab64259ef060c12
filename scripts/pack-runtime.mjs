// Packs the runtime alone, as the package `lopper-runtime` with no dependency: build/lopper-runtime/ and its .tgz.
// usage: node scripts/pack-runtime.mjs   (after `npm run build`)
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = `${root}build/lopper-runtime`;
const toolkit = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

rmSync(target, { recursive: true, force: true });
mkdirSync(`${target}/dist`, { recursive: true });
cpSync(`${root}dist/runtime`, `${target}/dist/runtime`, {
  recursive: true,
  filter: (file) => !file.endsWith('.map'),
});
cpSync(`${root}dist/wasm`, `${target}/dist/wasm`, { recursive: true });
cpSync(`${root}LICENSE`, `${target}/LICENSE`);
cpSync(`${root}docs/runtime.md`, `${target}/README.md`);

const { version, license, type, engines, exports, sideEffects } = toolkit;
const manifest = {
  name: 'lopper-runtime',
  version,
  description: 'Runs pruned int8 networks (.lop) in WebAssembly SIMD. No dependencies.',
  license,
  type,
  engines,
  sideEffects,
  exports: { '.': exports['.'], './wasm/*': exports['./wasm/*'], './package.json': './package.json' },
  files: ['dist'],
};
writeFileSync(`${target}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
execFileSync('npm', ['pack', '--silent', '--pack-destination', `${root}build`], {
  cwd: target,
  stdio: 'inherit',
});
