import t from 'tap';
import { runReference } from '../../src/reference/run.js';
import { int8GraphOf } from './helpers.js';

const op = 'lookup';

t.test('y = table[x + 128], with a scale of its own', async (t) => {
  const data = Int8Array.from({ length: 256 }, (_, i) => (i * 7) % 256);
  const spec = { op, inputs: [[2, 2]], inputQuantization: [{ scale: 0.5, zeroPoint: 3 }] };
  const outputQuantization = { scale: 0.25, zeroPoint: -1 };
  const table = { shape: [256], dtype: 'i8' as const, data };
  const graph = int8GraphOf({ ...spec, outputQuantization, weights: { table } });
  const x = Int8Array.of(-128, -1, 0, 127);
  t.same([...runReference(graph, [x])[0]], [data[0], data[127], data[128], data[255]]);
  const short = { ...table, shape: [255], data: data.slice(1) };
  t.throws(() => int8GraphOf({ ...spec, outputQuantization, weights: { table: short } }), {
    name: 'RangeError',
    message: /table: expected i8 \[256\], got i8 \[255\]/,
  });
});
