// npm run fuzz -- --count 100000 --target ts|wasm --seed 1 [--build simd128-all|simd128-full|simd128|relaxed-simd]
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.js';
import { seedFiles } from './seeds.js';
import { typescript, Wasm, type Target } from './targets.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    target: { type: 'string', default: 'ts' },
    seed: { type: 'string', default: '1' },
    build: { type: 'string', default: 'simd128-all' },
  },
});

function target(): Target {
  if (values.target === 'ts') return typescript;
  if (values.target !== 'wasm') throw new RangeError(`--target: expected ts or wasm, got '${values.target}'`);
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  return new Wasm(new Uint8Array(readFileSync(`dist/wasm/lopper-${values.build}.wasm`)), seedFiles()[0]);
}

const count = Number(values.count);
const report = fuzz(target(), count, Number(values.seed), (done) => {
  if (process.stderr.isTTY && done % 1000 === 0) process.stderr.write(`\r${done} of ${count}`);
});
process.stdout.write(
  `${JSON.stringify({ ...report, max_rss: process.resourceUsage().maxRSS * 1024 }, null, 2)}\n`,
);
if (report.failures.length > 0) process.exitCode = 1;
