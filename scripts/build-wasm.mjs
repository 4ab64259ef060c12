// Builds the runtime six times from one source, and the kernels alone for the tests. See docs/runtime.md, Builds.
import { main } from 'assemblyscript/asc';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { slim } from './slim-wasm.mjs';

/** Entries, output and options beyond asconfig.json's target: `runtime` is optimized by slim-wasm.mjs, `kernels` by asc. */
const RELAXED = ['--enable', 'relaxed-simd'];
const CORE = ['--use', 'LOPPER_FULL=0', '--use', 'LOPPER_ALL=0'];
const FULL = ['--use', 'LOPPER_FULL=1', '--use', 'LOPPER_ALL=0'];
const ALL = ['--use', 'LOPPER_FULL=1', '--use', 'LOPPER_ALL=1'];
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
  [MAIN, 'dist/wasm/lopper-simd128-full.wasm', ...FULL],
  [MAIN, 'dist/wasm/lopper-simd128-all.wasm', ...ALL],
  [MAIN, 'dist/wasm/lopper-relaxed-simd.wasm', ...FULL, ...RELAXED],
  [MAIN_AND_WORKERS, 'dist/wasm/lopper-simd128-threads.wasm', ...FULL, ...THREADS],
  [MAIN_AND_WORKERS, 'dist/wasm/lopper-relaxed-simd-threads.wasm', ...FULL, ...RELAXED, ...THREADS],
  [['assembly/range.ts'], 'build/range.wasm'],
  [['assembly/kernels/index.ts'], 'build/kernels-simd128.wasm', ...ALL],
  [['assembly/kernels/index.ts'], 'build/kernels-relaxed-simd.wasm', ...ALL, ...RELAXED],
  // Training kernels on the memory of tfjs' wasm backend.
  [['assembly/train/index.ts'], 'dist/train/kernels.wasm', '--importMemory'],
];

/** The core build has the tight budget (scripts/size.mjs): its numbering is searched for longest. */
const effortOf = (outFile) => (outFile.endsWith('lopper-simd128.wasm') ? 1 : 0.2);

/** Slimming takes 5 to 30 s a build, so what came of the same bytes by the same recipe is kept in build/slim. */
function slimOnce(compiled, outFile) {
  const recipe = ['slim', 'order', 'build'].map((name) => readFileSync(`scripts/${name}-wasm.mjs`));
  const hash = createHash('sha256');
  for (const part of [compiled, outFile, ...recipe, process.versions.zlib]) hash.update(part);
  const kept = `build/slim/${hash.digest('hex')}.wasm`;
  if (existsSync(kept)) return readFileSync(kept);
  const features = { relaxed: outFile.includes('relaxed'), threads: outFile.includes('threads') };
  const slimmed = slim(compiled, { assembly: 'assembly', effort: effortOf(outFile), ...features });
  writeFileSync(kept, slimmed);
  return slimmed;
}

/** Compiles to the output, or for what ships to what is to be slimmed; its path. */
async function compile([entries, outFile, ...extra]) {
  const ships = entries[0] === 'assembly/index.ts';
  const compiled = ships ? `build/unoptimized/${basename(outFile)}` : outFile;
  const target = ships ? 'runtime' : 'kernels';
  const { error, stderr } = await main([...entries, '--outFile', compiled, '--target', target, ...extra]);
  if (!error) return { outFile, compiled, ships };
  process.stderr.write(`${stderr.toString()}\n${outFile}: ${error.message}\n`);
  process.exit(1);
}

/** Slims in threads of their own, as many at a time as there are cores. */
async function slimAll(compiled) {
  const left = [...compiled];
  const next = async () => {
    for (let data; (data = left.shift());) {
      await new Promise((resolve, reject) => {
        new Worker(fileURLToPath(import.meta.url), { workerData: data })
          .on('error', reject)
          .on('exit', (code) => (code ? reject(new Error(`${data.outFile}: exit ${code}`)) : resolve()));
      });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, next));
}

if (isMainThread) {
  process.chdir(fileURLToPath(new URL('..', import.meta.url)));
  for (const folder of ['dist/wasm', 'build/slim', 'build/unoptimized'])
    mkdirSync(folder, { recursive: true });
  const compiled = [];
  for (const build of builds) compiled.push(await compile(build));
  await slimAll(compiled.filter(({ ships }) => ships));
} else {
  const { outFile, compiled } = workerData;
  writeFileSync(outFile, slimOnce(readFileSync(compiled), outFile));
}
