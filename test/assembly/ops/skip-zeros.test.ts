/** Dense int8 layers whose zero inputs are skipped, in builds that skip and in those that do not: the same bits. */
import t from 'tap';
import { random, type Random } from '../../helpers/random.js';
import { compareWithReference } from '../compare.js';
import { linearOutput, linearWeights, oneNode, tensor } from '../models.js';

const PATTERNS: Record<string, (i: number, r: Random) => boolean> = {
  none: () => false,
  all: () => true,
  'every second': (i) => i % 2 === 1,
  'whole vectors': (i) => Math.floor(i / 16) % 2 === 0,
  'all but the last': (i) => i < 1000 && i % 41 !== 40,
  'at random': (_, r) => r.next() < 0.7,
};

for (const [inputs, outputs] of [
  [1, 1],
  [16, 16],
  [41, 17],
  [130, 50],
  [257, 8],
]) {
  for (const zeroPoint of [-128, 0, 127]) {
    t.test(`${inputs} to ${outputs}, zero is ${zeroPoint}`, async (t) => {
      const r = random();
      for (const density of [0.5, 1]) {
        const x = tensor('x', [inputs], 'i8', r);
        x.quantization!.zeroPoint = zeroPoint;
        const weights = linearWeights({ dtype: 'i8', kernel: [outputs, inputs], density }, r);
        const graph = oneNode(
          'dense',
          [x],
          { activation: 'relu' },
          weights,
          linearOutput(x, density * inputs, r),
        );
        for (const [name, isZero] of Object.entries(PATTERNS)) {
          const sample = Int8Array.from({ length: inputs }, (_, i) =>
            isZero(i, r) ? zeroPoint : r.int(-128, 127),
          );
          compareWithReference(t, `density ${density}, zeros ${name}`, graph, r, undefined, [sample]);
        }
      }
    });
  }
}
