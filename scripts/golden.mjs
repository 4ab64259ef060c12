// The golden files of a format version: `npm run golden -- v1`.
import { runBundled } from './bundle-test.mjs';

await runBundled('test/format/golden/make.ts', 'build/golden.mjs');
