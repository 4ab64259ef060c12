// Builds the runtime twice from one source, and the kernels alone for the tests. See docs/runtime.md.
import asc from 'assemblyscript/asc';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { slim } from './slim-wasm.mjs';

const common = ['--runtime', 'stub', '--noAssert', '--enable', 'simd', '--use', 'abort='];
const fast = ['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge'];
/** For slim-wasm.mjs, which optimizes. */
const plain = ['--optimizeLevel', '0', '--debug'];
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
  const level = ships ? plain : fast;
  const compiled = ships ? 'build/unoptimized.wasm' : outFile;
  const { error, stderr } = await asc.main([entry, '--outFile', compiled, ...common, ...level, ...extra]);
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${entry}: ${error.message}\n`);
    process.exit(1);
  }
  if (!ships) continue;
  const assembly = fileURLToPath(new URL('../assembly', import.meta.url));
  writeFileSync(outFile, slim(readFileSync(compiled), { assembly, relaxed: outFile.includes('relaxed') }));
}
