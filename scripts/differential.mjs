// Bundles test/differential and runs it: `npm run differential -- --count 10000 --seed 1 [--case 1234]`.
import { build } from 'esbuild';

await build({
  entryPoints: ['test/differential/main.ts'],
  bundle: true,
  platform: 'node',
  packages: 'external',
  format: 'esm',
  target: 'node20',
  // as deep as the sources, which find dist/ by their own place
  outfile: 'build/differential/main.mjs',
  logLevel: 'warning',
});
await import('../build/differential/main.mjs');
