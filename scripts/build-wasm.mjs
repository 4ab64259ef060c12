// Builds the runtime twice from one source, and the kernels alone for the tests. See docs/runtime.md.
import { main } from 'assemblyscript/asc';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { slim } from './slim-wasm.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Entry, output and options beyond asconfig.json's target: `runtime` is optimized by slim-wasm.mjs, `kernels` by asc. */
const builds = [
  ['assembly/index.ts', 'dist/wasm/lopper-simd128.wasm'],
  ['assembly/index.ts', 'dist/wasm/lopper-relaxed-simd.wasm', '--enable', 'relaxed-simd'],
  ['assembly/range.ts', 'build/range.wasm'],
  ['assembly/kernels/index.ts', 'build/kernels-simd128.wasm'],
  ['assembly/kernels/index.ts', 'build/kernels-relaxed-simd.wasm', '--enable', 'relaxed-simd'],
  // Training kernels on the memory of tfjs' wasm backend.
  ['assembly/train/index.ts', 'dist/train/kernels.wasm', '--importMemory'],
];

mkdirSync('dist/wasm', { recursive: true });
mkdirSync('build', { recursive: true });
for (const [entry, outFile, ...extra] of builds) {
  const ships = entry === 'assembly/index.ts';
  const compiled = ships ? 'build/unoptimized.wasm' : outFile;
  const target = ships ? 'runtime' : 'kernels';
  const { error, stderr } = await main([entry, '--outFile', compiled, '--target', target, ...extra]);
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${entry}: ${error.message}\n`);
    process.exit(1);
  }
  if (!ships) continue;
  writeFileSync(
    outFile,
    slim(readFileSync(compiled), { assembly: 'assembly', relaxed: outFile.includes('relaxed') }),
  );
}
