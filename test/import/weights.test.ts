import t from 'tap';
import { decodeGroup, type WeightSpec } from '../../src/import/weights.js';

function spec(name: string, shape: number[], quantization?: WeightSpec['quantization']): WeightSpec {
  return { name, shape, dtype: 'float32', ...(quantization && { quantization }) };
}

t.test('quantized weights become f32: uint8 and uint16 by scale and min, float16', async (t) => {
  const bytes = new Uint8Array(3 + 4 + 4 + 4);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 1, 255]);
  view.setUint16(3, 0, true);
  view.setUint16(5, 65535, true);
  view.setUint16(7, 0x3c00, true); // 1
  view.setUint16(9, 0xc100, true); // -2.5
  view.setFloat32(11, 7, true);
  const weights = decodeGroup(
    'a.bin, b.bin',
    [bytes.subarray(0, 6), bytes.subarray(6)],
    [
      spec('u8', [3], { dtype: 'uint8', scale: 0.5, min: -1 }),
      spec('u16', [1, 2], { dtype: 'uint16', scale: 2 ** -16, min: 0 }),
      spec('f16', [2], { dtype: 'float16' }),
      spec('f32', [1]),
    ],
  );
  t.same([...weights.get('u8')!.data], [-1, -0.5, 126.5]);
  t.same(weights.get('u16'), { shape: [1, 2], data: Float32Array.of(0, 65535 / 65536) });
  t.same([...weights.get('f16')!.data], [1, -2.5]);
  t.same([...weights.get('f32')!.data], [7]);
});
