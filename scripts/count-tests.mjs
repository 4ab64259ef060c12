// Counts the tests of the last `npm test` (every t.test directly in a file) and prints "N passed, N failed, N skipped",
// after what each failed one said. Reads the TAP stream that tap wrote; a file that died outside any test counts as one failure.
import { readFileSync } from 'node:fs';

/** Lines shown of a failed test. */
const MOST_LINES = 60;

const results = new URL('../build/results.tap', import.meta.url);
let passed = 0;
let failed = 0;
let skipped = 0;
let failedInFile = 0;
let inTest = [];
const said = [];
for (const line of readFileSync(results, 'utf8').split('\n')) {
  const test = /^( {4})?(not )?ok \d+(.*)$/.exec(line);
  if (!test) {
    inTest.push(line);
    continue;
  }
  const [, inFile, not, rest] = test;
  if (not) said.push(...(inFile ? failuresOf(inTest) : []), line);
  inTest = [];
  if (!inFile) {
    if (not && failedInFile === 0) failed++;
    failedInFile = 0;
  } else if (/# SKIP/i.test(rest)) skipped++;
  else if (not) {
    failed++;
    failedInFile++;
  } else passed++;
}
if (said.length > 0) process.stdout.write(`What failed:\n${said.join('\n')}\n`);
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
if (failed > 0 || passed === 0) process.exitCode = 1;

/** From the first assertion that failed. */
function failuresOf(lines) {
  const first = lines.findIndex((line) => /^\s+not ok /.test(line));
  return first < 0 ? [] : lines.slice(first, first + MOST_LINES);
}
