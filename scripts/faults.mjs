// Bundles test/faults and runs it: `npm run test:faults -- --kills 50 --seed 1`, after `npm run build`.
import { build } from 'esbuild';

await build({
  entryPoints: ['test/faults/main.ts'],
  bundle: true,
  platform: 'node',
  packages: 'external',
  format: 'esm',
  target: 'node20',
  outfile: 'build/faults/main.mjs',
  logLevel: 'warning',
});
await import('../build/faults/main.mjs');
