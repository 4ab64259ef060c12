// Builds the runtime six times from one source, and the kernels alone for the tests. See docs/runtime.md, Builds.
import { main } from 'assemblyscript/asc';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { slim } from './slim-wasm.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Entries, output and options beyond asconfig.json's target: `runtime` is optimized by slim-wasm.mjs, `kernels` by asc. */
const RELAXED = ['--enable', 'relaxed-simd'];
const CORE = ['--use', 'LOPPER_FULL=0'];
const FULL = ['--use', 'LOPPER_FULL=1'];
// Memory comes from the host, which says how far it may grow; a page of static data is more than there is.
const THREADS = [
  '--enable',
  'threads',
  '--importMemory',
  '--sharedMemory',
  '--initialMemory',
  '1',
  '--maximumMemory',
  '65536',
];
const MAIN = ['assembly/index.ts'];
const MAIN_AND_WORKERS = ['assembly/index.ts', 'assembly/work.ts'];
const builds = [
  [MAIN, 'dist/wasm/lopper-simd128.wasm', ...CORE],
  [MAIN, 'dist/wasm/lopper-relaxed-simd.wasm', ...CORE, ...RELAXED],
  [MAIN, 'dist/wasm/lopper-simd128-full.wasm', ...FULL],
  [MAIN, 'dist/wasm/lopper-relaxed-simd-full.wasm', ...FULL, ...RELAXED],
  [MAIN_AND_WORKERS, 'dist/wasm/lopper-simd128-threads.wasm', ...FULL, ...THREADS],
  [MAIN_AND_WORKERS, 'dist/wasm/lopper-relaxed-simd-threads.wasm', ...FULL, ...RELAXED, ...THREADS],
  [['assembly/range.ts'], 'build/range.wasm'],
  [['assembly/kernels/index.ts'], 'build/kernels-simd128.wasm', ...FULL],
  [['assembly/kernels/index.ts'], 'build/kernels-relaxed-simd.wasm', ...FULL, ...RELAXED],
  // Training kernels on the memory of tfjs' wasm backend.
  [['assembly/train/index.ts'], 'dist/train/kernels.wasm', '--importMemory'],
];

/** Slimming takes 10 s a build, so what came of the same bytes by the same recipe is kept in build/slim. */
function slimOnce(compiled, features) {
  const recipe = ['slim', 'order'].map((name) => readFileSync(`scripts/${name}-wasm.mjs`));
  const hash = createHash('sha256');
  for (const part of [compiled, ...recipe, process.versions.zlib]) hash.update(part);
  const kept = `build/slim/${hash.digest('hex')}.wasm`;
  if (existsSync(kept)) return readFileSync(kept);
  const slimmed = slim(compiled, { assembly: 'assembly', ...features });
  writeFileSync(kept, slimmed);
  return slimmed;
}

mkdirSync('dist/wasm', { recursive: true });
mkdirSync('build/slim', { recursive: true });
for (const [entries, outFile, ...extra] of builds) {
  const ships = entries[0] === 'assembly/index.ts';
  const compiled = ships ? 'build/unoptimized.wasm' : outFile;
  const target = ships ? 'runtime' : 'kernels';
  const { error, stderr } = await main([...entries, '--outFile', compiled, '--target', target, ...extra]);
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${outFile}: ${error.message}\n`);
    process.exit(1);
  }
  if (!ships) continue;
  const features = { relaxed: outFile.includes('relaxed'), threads: outFile.includes('threads') };
  writeFileSync(outFile, slimOnce(readFileSync(compiled), features));
}
