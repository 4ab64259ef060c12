/** Each encoding of a tensor, external data, sparse initializers; what is refused. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { importModel } from '../../../src/import/index.js';
import { runReference } from '../../../src/reference/index.js';
import { encode, type TestTensor, type TypeName } from './encode.js';

/** `x + constant`, where the constant is cast to f32 first. */
function adding(constant: TestTensor): Uint8Array {
  return encode(
    {
      nodes: [
        { op: 'Cast', inputs: ['c'], outputs: ['f'], attributes: { to: 1 } },
        { op: 'Add', inputs: ['x', 'f'], outputs: ['y'] },
      ],
      constants: { c: constant },
      inputs: [{ name: 'x', dims: [1, 4] }],
      outputs: [{ name: 'y' }],
    },
    13,
  );
}

async function added(constant: TestTensor): Promise<number[]> {
  const graph = await importModel(adding(constant));
  return Array.from(runReference(graph, [new Float32Array(4)])[0]);
}

const dims = [4];
const tensors: Record<string, [TestTensor, number[]]> = {
  float: [{ dims, data: Float32Array.of(1.5, -2, 0, 3) }, [1.5, -2, 0, 3]],
  double: [{ dims, data: Float64Array.of(1.5, -2, 0, 3) }, [1.5, -2, 0, 3]],
  int64: [{ dims, data: BigInt64Array.of(1n, -2n, 0n, 3n) }, [1, -2, 0, 3]],
  int32: [{ dims, data: Int32Array.of(1, -2, 0, 70000) }, [1, -2, 0, 70000]],
  int8: [{ dims, data: Int8Array.of(1, -2, 0, 127) }, [1, -2, 0, 127]],
  uint8: [{ dims, data: Uint8Array.of(1, 2, 0, 255) }, [1, 2, 0, 255]],
  bool: [{ dims, data: Uint8Array.of(1, 0, 0, 1), type: 'bool' }, [1, 0, 0, 1]],
  float16: [{ dims, data: Uint16Array.of(0x3e00, 0xc000, 0x0001, 0x7bff) }, [1.5, -2, 2 ** -24, 65504]],
  bfloat16: [{ dims, data: Uint16Array.of(0x3fc0, 0xc000, 0, 0x4040), type: 'bfloat16' }, [1.5, -2, 0, 3]],
  uint16: [{ dims, data: Uint16Array.of(1, 2, 0, 65535), type: 'uint16' }, [1, 2, 0, 65535]],
};

t.test('raw data and lists of every type', async (t) => {
  for (const [name, [tensor, want]] of Object.entries(tensors)) {
    t.same(await added(tensor), want, `${name}, raw`);
    t.same(await added({ ...tensor, list: true }), want, `${name}, listed`);
  }
});

t.test('external data lies beside the model and nowhere else', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lopper-onnx-'));
  t.teardown(async () => (await import('node:fs')).rmSync(folder, { recursive: true }));
  const bytes = new Uint8Array(Float32Array.of(9, 1, 2, 3, 4).buffer);
  writeFileSync(join(folder, 'weights.bin'), bytes);
  const write = (external: Record<string, string>): string => {
    const path = join(folder, 'model.onnx');
    writeFileSync(path, adding({ dims, data: new Float32Array(0), external }));
    return path;
  };
  const graph = await importModel(write({ location: 'weights.bin', offset: '4', length: '16' }));
  t.same(Array.from(runReference(graph, [new Float32Array(4)])[0]), [1, 2, 3, 4]);
  await t.rejects(
    importModel(write({ location: '../weights.bin' })),
    /in the model's folder, got '\.\.\/weights\.bin'/,
  );
  await t.rejects(importModel(write({ location: '/etc/passwd' })), /in the model's folder/);
  await t.rejects(
    importModel(write({ location: 'weights.bin', offset: '8', length: '16' })),
    /got a file of 20/,
  );
  await t.rejects(importModel(write({ location: 'none.bin' })), /no such file/);
  await t.rejects(
    importModel(write({ location: 'weights.bin' })),
    /initializer 'c': expected 16 bytes of float/,
  );
});

/** x + s, where s is [2, 2] with 5 and 7 at `indices`. */
function sparse(indices: TestTensor): Uint8Array {
  return encode(
    {
      nodes: [{ op: 'Add', inputs: ['x', 's'], outputs: ['y'] }],
      sparse: [{ name: 's', dims: [2, 2], values: { dims: [2], data: Float32Array.of(5, 7) }, indices }],
      inputs: [{ name: 'x', dims: [1, 2, 2] }],
      outputs: [{ name: 'y' }],
    },
    13,
  );
}

t.test('sparse initializers are spread', async (t) => {
  for (const indices of [
    { dims: [2], data: BigInt64Array.of(1n, 2n) },
    { dims: [2, 2], data: BigInt64Array.of(0n, 1n, 1n, 0n) },
  ]) {
    const graph = await importModel(sparse(indices));
    t.same(Array.from(runReference(graph, [new Float32Array(4)])[0]), [0, 5, 7, 0]);
  }
  await t.rejects(
    importModel(sparse({ dims: [2], data: BigInt64Array.of(1n, 4n) })),
    /indices within \[4\], got 4/,
  );
});

t.test('data that does not fit its dimensions is refused before anything is allocated', async (t) => {
  const refused = async (tensor: TestTensor, message: RegExp): Promise<void> => {
    await t.rejects(importModel(adding(tensor)), { name: 'ImportError', message });
  };
  await refused(
    { dims: [4], data: new Float32Array(3) },
    /initializer 'c': expected 16 bytes of float .* got 12/,
  );
  await refused({ dims: [1e9, 1e9], data: new Float32Array(3) }, /expected 4000000000000000000 bytes/);
  await refused({ dims: [4], data: Float32Array.of(1, NaN, 0, 0) }, /got NaN/);
  await refused({ dims: [4], data: new Uint8Array(4), type: 'string' as TypeName }, /got string/);
});
