// Counts the tests of the last `npm test` (every t.test directly in a file) and prints "N passed, N failed, N skipped".
// Reads the TAP stream that tap wrote; a file that died outside any test counts as one failure.
import { readFileSync } from 'node:fs';

const results = new URL('../build/results.tap', import.meta.url);
let passed = 0;
let failed = 0;
let skipped = 0;
let failedInFile = 0;
for (const line of readFileSync(results, 'utf8').split('\n')) {
  const test = /^( {4})?(not )?ok \d+(.*)$/.exec(line);
  if (!test) continue;
  const [, inFile, not, rest] = test;
  if (!inFile) {
    if (not && failedInFile === 0) failed++;
    failedInFile = 0;
  } else if (/# SKIP/i.test(rest)) skipped++;
  else if (not) {
    failed++;
    failedInFile++;
  } else passed++;
}
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
if (failed > 0 || passed === 0) process.exitCode = 1;
