// Bundles test/format/golden/make.ts and runs it: `npm run golden -- v1`.
import { build } from 'esbuild';

await build({
  entryPoints: ['test/format/golden/make.ts'],
  bundle: true,
  platform: 'node',
  packages: 'external',
  format: 'esm',
  target: 'node20',
  outfile: 'build/golden.mjs',
  logLevel: 'warning',
});
await import('../build/golden.mjs');
