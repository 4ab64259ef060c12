// Builds the runtime twice from one source, and the kernels alone for the tests. See docs/runtime.md.
import asc from 'assemblyscript/asc';
import { mkdirSync } from 'node:fs';

const common = ['--runtime', 'stub', '--noAssert', '--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--enable', 'simd', '--use', 'abort='];
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
  const { error, stderr } = await asc.main([entry, '--outFile', outFile, ...common, ...extra]);
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${entry}: ${error.message}\n`);
    process.exit(1);
  }
}
