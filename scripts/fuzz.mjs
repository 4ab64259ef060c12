// Bundles test/format/fuzz and runs it: `npm run fuzz -- --count 100000 --target ts|wasm --seed 1`.
import { build } from 'esbuild';

await build({
  entryPoints: ['test/format/fuzz/main.ts'],
  bundle: true,
  platform: 'node',
  packages: 'external',
  format: 'esm',
  target: 'node20',
  outfile: 'build/fuzz.mjs',
  logLevel: 'warning',
});
await import('../build/fuzz.mjs');
