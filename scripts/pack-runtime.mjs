// Packs the runtime alone, as the package `lopper-runtime` with no dependency: build/lopper-runtime/ and its .tgz.
// usage: node scripts/pack-runtime.mjs [folder]   (after `npm run build`; with a folder only lays the package out there)
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesOf, RUNTIME_ENTRIES, typesOf } from './entries.mjs';

const [folder] = process.argv.slice(2);
const target = resolve(folder ?? fileURLToPath(new URL('../build/lopper-runtime', import.meta.url)));
process.chdir(fileURLToPath(new URL('..', import.meta.url)));

function copy(file, to = file) {
  mkdirSync(dirname(`${target}/${to}`), { recursive: true });
  cpSync(file, `${target}/${to}`, { recursive: true });
}

rmSync(target, { recursive: true, force: true });
for (const file of [...filesOf(), ...typesOf()]) copy(file);
copy('dist/wasm');
copy('LICENSE');
copy('docs/embed.md', 'README.md');

const toolkit = JSON.parse(readFileSync('package.json', 'utf8'));
const { version, license, type, engines, sideEffects, main, types, unpkg, jsdelivr } = toolkit;
const manifest = {
  name: 'lopper-runtime',
  version,
  description: 'Runs pruned int8 networks (.lop) in WebAssembly SIMD. No dependencies.',
  license,
  type,
  engines,
  sideEffects,
  main,
  types,
  unpkg,
  jsdelivr,
  exports: Object.fromEntries(RUNTIME_ENTRIES.map((entry) => [entry, toolkit.exports[entry]])),
  files: ['dist'],
};
writeFileSync(`${target}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
if (!folder)
  execFileSync('npm', ['pack', '--silent', '--pack-destination', '..'], { cwd: target, stdio: 'inherit' });
