import t from 'tap';
import { decodeGroup, readWeights, type WeightSpec } from '../../src/import/weights.js';

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

t.test('whole numbers, truths and texts; bytes at any place', async (t) => {
  const bytes = Buffer.alloc(1 + 8 + 2 + 4 + 3 + 4 + 4 + 2);
  bytes.writeInt32LE(-5, 1);
  bytes.writeInt32LE(2 ** 30 + 1, 5);
  bytes.set([1, 0], 9);
  bytes.writeUInt32LE(3, 11);
  bytes.write('abc', 15);
  bytes.writeUInt32LE(0, 18);
  bytes.writeFloatLE(1.5, 22);
  bytes.set([0, 3], 26);
  const specs: WeightSpec[] = [
    { name: 'i32', shape: [2], dtype: 'int32' },
    { name: 'bool', shape: [2], dtype: 'bool' },
    { name: 'texts', shape: [2], dtype: 'string' },
    spec('f32', []),
    { name: 'rounded', shape: [2], dtype: 'int32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
  ];
  const weights = decodeGroup('a.bin', [bytes.subarray(1)], specs);
  t.same([...weights.keys()], ['i32', 'bool', 'f32', 'rounded']);
  t.same(weights.get('i32')!.data, Int32Array.of(-5, 2 ** 30 + 1));
  t.same(weights.get('bool')!.data, Uint8Array.of(1, 0));
  t.same(weights.get('f32'), { shape: [], data: Float32Array.of(1.5) });
  t.same(weights.get('rounded')!.data, Int32Array.of(-1, 1));
  t.throws(() => decodeGroup('a.bin', [bytes.subarray(1, 19)], specs.slice(0, 3)), {
    code: 'length',
    message: /a\.bin: expected 2 texts of 'texts', got the end of the file at text 1/,
  });
});

t.test("files are read in the model's folder only", async (t) => {
  const read = async (): Promise<Uint8Array> => t.fail('nothing is read') as never;
  for (const path of [
    '../w.bin',
    'a/../../w.bin',
    '/etc/passwd',
    '\\\\host\\w.bin',
    'C:\\w.bin',
    'file:///w.bin',
  ])
    await t.rejects(readWeights([{ paths: [path], weights: [] }], read), {
      code: 'file',
      message: /expected files in the model's folder, got /,
    });
  await t.resolves(readWeights([{ paths: ['group1/w..bin'], weights: [] }], async () => new Uint8Array(0)));
});
