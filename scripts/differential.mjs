// Random graphs in every executor: `npm run differential -- --count 10000 --seed 1 [--case 1234]`.
import { runBundled } from './bundle-test.mjs';

await runBundled('test/differential/main.ts', 'build/differential/main.mjs');
