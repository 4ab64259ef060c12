/** Truncated and bit-flipped files: an ImportError that names the place, or a graph that passes its checks; never anything else. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import t from 'tap';
import { ImportError } from '../../../src/import/errors.js';
import { importTflite } from '../../../src/import/tflite.js';
import { checkGraph } from '../../../src/ops/check.js';
import { random, SEED, type Random } from '../../helpers/random.js';
import { needsShared, SHARED } from '../../helpers/shared.js';
import { CASES, modelOf } from './cases.js';

const COUNT = Number(process.env.COUNT ?? 2000);
const RESNET = 'models/resnet8-cifar10/pretrainedResnet_quant.tflite';

/** Offsets, lengths and indices lie at both ends of a file, so most flips go there. */
function damaged(bytes: Uint8Array, { int, next }: Random): Uint8Array {
  if (next() < 0.25) return bytes.slice(0, int(0, bytes.length - 1));
  const copy = bytes.slice();
  const flips = int(1, 8);
  for (let i = 0; i < flips; i++) {
    const at = next() < 0.7 ? int(0, Math.min(copy.length, 4096) - 1) : int(0, copy.length - 1);
    const from = next() < 0.5 ? at : copy.length - 1 - at;
    copy[from] ^= 1 << int(0, 7);
  }
  return copy;
}

/** What becomes of it: `ok`, or the error's message. */
function outcome(bytes: Uint8Array, quantized: 'keep' | 'dequantize'): string {
  try {
    checkGraph(importTflite(bytes, 'hostile.tflite', { quantized }));
    return 'ok';
  } catch (error) {
    if (error instanceof ImportError) return error.message;
    throw error;
  }
}

t.test(`${COUNT} damaged int8 networks`, needsShared(RESNET), async (t) => {
  t.comment(`SEED=${SEED} COUNT=${COUNT}`);
  const bytes = new Uint8Array(readFileSync(SHARED + RESNET));
  const source = random();
  let refused = 0;
  let slowest = 0;
  for (let i = 0; i < COUNT; i++) {
    const file = damaged(bytes, source);
    const start = performance.now();
    const message = outcome(file, i % 10 === 0 ? 'keep' : 'dequantize');
    slowest = Math.max(slowest, performance.now() - start);
    if (message !== 'ok') {
      refused++;
      if (!/^hostile\.tflite: .*(expected|not supported)/s.test(message)) t.fail(`${i}: ${message}`);
    }
  }
  t.ok(refused > COUNT / 4, `${refused} refused`);
  t.ok(slowest < 2000, `the slowest took ${slowest.toFixed()} ms`);
});

t.test('damaged files of every operator', async (t) => {
  const source = random(SEED + 1);
  let refused = 0;
  for (const testCase of CASES) {
    const bytes = modelOf(testCase);
    for (let i = 0; i < 20; i++) {
      const message = outcome(damaged(bytes, source), 'dequantize');
      if (message !== 'ok') refused++;
      if (message !== 'ok' && !/^hostile\.tflite: .*(expected|not supported)/s.test(message))
        t.fail(`${testCase.name}: ${message}`);
    }
  }
  t.ok(refused > CASES.length, `${refused} refused`);
});
