import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { int8GraphOf } from './helpers.js';

t.test('every stored value, in f32 steps', async (t) => {
  const q = { scale: Math.fround(0.1), zeroPoint: -7 };
  const graph = int8GraphOf({ op: 'dequantize', inputs: [[256]], inputQuantization: [q] });
  const x = Int8Array.from({ length: 256 }, (_, i) => i - 128);
  t.same(
    [...runReference(graph, [x])[0]],
    Array.from(x, (value) => Math.fround((value + 7) * q.scale)),
  );
});
