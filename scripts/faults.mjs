// Kills of compressions and searches: `npm run test:faults -- --kills 50 --seed 1`, after `npm run build`.
import { runBundled } from './bundle-test.mjs';

await runBundled('test/faults/main.ts', 'build/faults/main.mjs');
