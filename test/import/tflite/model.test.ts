/** The file's structure: names, signatures, open dimensions, buffers outside, labels, and what is refused. */
import { zipSync } from 'fflate';
import t from 'tap';
import { ImportError } from '../../../src/import/errors.js';
import { importModel } from '../../../src/import/index.js';
import { importTflite } from '../../../src/import/tflite.js';
import { runReference } from '../../../src/reference/index.js';
import { writeTflite, type ModelSpec, type TensorSpec } from './write.js';

const WEIGHTS = Float32Array.of(1, 2, 3, 4, 5, 6);

/** x [1,3] -> dense [2,3]. */
function dense(extra: Partial<ModelSpec> = {}, kernel: Partial<TensorSpec> = {}): ModelSpec {
  return {
    tensors: [
      { name: 'serving_x:0', shape: [1, 3] },
      { name: 'w', shape: [2, 3], data: WEIGHTS, ...kernel },
      { name: 'net/dense/MatMul;net/dense/BiasAdd', shape: [1, 2] },
    ],
    operators: [{ code: 'FULLY_CONNECTED', inputs: [0, 1, -1], outputs: [2] }],
    inputs: [0],
    outputs: [2],
    ...extra,
  };
}

function run(spec: ModelSpec): number[] {
  const graph = importTflite(writeTflite(spec), 'm.tflite');
  return Array.from(runReference(graph, [Float32Array.of(1, 10, 100)])[0]);
}

t.test('importModel knows it by its bytes', async (t) => {
  const graph = await importModel(writeTflite(dense({ description: 'made by hand' })));
  t.same(graph.metadata.provenance, { format: 'tflite', description: 'made by hand' });
  t.same(graph.inputs, ['serving_x:0']);
  t.same(graph.outputs, ['net/dense/MatMul'], 'the first of the fused names');
});

t.test('a signature gives inputs and outputs their names', async (t) => {
  const graph = importTflite(writeTflite(dense({ signature: { 0: 'image', 2: 'scores' } })), 'm.tflite');
  t.same([graph.inputs, graph.outputs], [['image'], ['scores']]);
});

t.test('constants of every type', async (t) => {
  const kinds: Partial<TensorSpec>[] = [
    {},
    { type: 'FLOAT16', data: Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600) },
    { type: 'BFLOAT16', data: Uint16Array.of(0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0, 0x40c0) },
    { type: 'FLOAT64', data: Float64Array.from(WEIGHTS) },
    { type: 'INT64', data: BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n) },
    { type: 'INT32', data: Int32Array.from(WEIGHTS) },
    { type: 'INT8', data: Int8Array.from(WEIGHTS, (w) => 2 * w), scale: [0.5] },
    { type: 'INT8', data: Int8Array.of(2, 4, 6, 16, 20, 24), scale: [0.5, 0.25] },
    { type: 'UINT8', data: Uint8Array.from(WEIGHTS, (w) => 2 * w + 130), scale: [0.5], zeroPoint: [130] },
    { type: 'INT4', data: Uint8Array.of(0x21, 0x43, 0x65), scale: [1] },
  ];
  for (const kernel of kinds) t.same(run(dense({}, kernel)), [321, 654], `${kernel.type ?? 'FLOAT32'}`);
});

t.test('a constant through DEQUANTIZE', async (t) => {
  const spec = dense(
    {},
    { type: 'FLOAT16', data: Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600) },
  );
  spec.tensors.push({ shape: [2, 3] });
  spec.operators[0].inputs[1] = 3;
  spec.operators.unshift({ code: 'DEQUANTIZE', inputs: [1], outputs: [3] });
  t.same(run(spec), [321, 654]);
});

t.test('buffers behind the flatbuffer', async (t) => t.same(run(dense({ outside: true })), [321, 654]));

t.test('open dimensions', async (t) => {
  const bytes = writeTflite({
    tensors: [{ shape: [1, 1, 2], signature: [-1, -1, 2] }, { shape: [1, 1, 2] }],
    operators: [{ code: 'ABS', inputs: [0], outputs: [1] }],
    inputs: [0],
    outputs: [1],
  });
  t.throws(() => importTflite(bytes, 'm.tflite'), {
    message: /expected a fixed input shape, got .*pass \{ inputShape \}/,
  });
  const graph = importTflite(bytes, 'm.tflite', { inputShape: [5, 2] });
  t.same(graph.tensors.get(graph.inputs[0])!.shape, [5, 2]);
});

t.test('labels packed behind the model', async (t) => {
  const bytes = writeTflite(dense());
  const zip = zipSync({ 'labels.txt': new TextEncoder().encode('cat\ndog\n') });
  // As TFLite's metadata writer does: the archive's own offsets count from the file's start.
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = zip.length - 22;
  const directory = view.getUint32(end + 16, true);
  view.setUint32(directory + 42, view.getUint32(directory + 42, true) + bytes.length, true);
  view.setUint32(end + 16, directory + bytes.length, true);
  const graph = importTflite(new Uint8Array([...bytes, ...zip]), 'm.tflite');
  t.same(graph.metadata.labels, ['cat', 'dog']);
});

t.test('all that is not supported at once, with what to do', async (t) => {
  const spec: ModelSpec = {
    tensors: [
      { shape: [1, 4] },
      { name: 'a', shape: [1, 4] },
      { name: 'b', shape: [1, 4] },
      { name: 'c', shape: [1, 4] },
      { name: 'd', shape: [1, 4] },
    ],
    operators: [
      { code: 'SVDF', inputs: [0], outputs: [1] },
      { code: 'TFLite_Detection_PostProcess', inputs: [1], outputs: [2] },
      { code: 'ABS', inputs: [2], outputs: [3] },
      { code: 'FlexErf', inputs: [3], outputs: [4] },
    ],
    inputs: [0],
    outputs: [4],
  };
  const error = t.throws(() => importTflite(writeTflite(spec), 'm.tflite')) as ImportError;
  t.match(error.message, /^m\.tflite: not supported:\n {2}subgraphs\[0\]\.operators\[0\] 'a' \(SVDF\): /);
  t.same(
    error.faults.map(({ op }) => op),
    ['SVDF', 'TFLite_Detection_PostProcess', 'FlexErf'],
  );
  t.match(error.faults[1].hint, /custom operator.*pass \{ outputs \}/);
  t.match(error.faults[2].hint, /TFLITE_BUILTINS/);
  t.same(
    importTflite(writeTflite({ ...spec, operators: spec.operators.slice(2), inputs: [2] }), 'm.tflite', {
      outputs: ['c'],
    }).outputs,
    ['c'],
    'operators that the wanted outputs do not need are not looked at',
  );
});

t.test('broken structure, by its place', async (t) => {
  const bytes = writeTflite(dense());
  const identifier = bytes.slice();
  identifier[4] = 0;
  const refused: [Uint8Array, RegExp][] = [
    [identifier, /^m\.tflite: expected 'TFL3' at byte 4/],
    [bytes.slice(0, 6), /expected 'TFL3'/],
    [bytes.slice(0, 40), /^m\.tflite: .*expected .* within the file's 40 bytes/],
    [writeTflite(dense({ inputs: [9] })), /subgraphs\[0\]: inputs: expected tensors 0 to 2, got 9/],
    [writeTflite(dense({ outputs: [] })), /subgraphs\[0\]\.outputs: expected at least one/],
    [
      writeTflite(dense({ operators: [{ code: 'FULLY_CONNECTED', inputs: [0, 7], outputs: [2] }] })),
      /subgraphs\[0\]\.operators\[0\]: inputs: expected tensors -1 to 2, got 7/,
    ],
    [
      writeTflite(dense({ operators: [] })),
      /tensors\[2\]: expected a constant or the output of an operator before/,
    ],
    [
      writeTflite(dense({}, { shape: [2, 4] })),
      /tensors\[1\]: buffer: expected 32 bytes for FLOAT32 \[2,4\], got 24/,
    ],
    [
      writeTflite(dense({}, { data: Float32Array.of(1, 2, 3, 4, 5, NaN) })),
      /operators\[0\]: FULLY_CONNECTED: weights: expected finite numbers, got NaN/,
    ],
    [
      writeTflite(dense({}, { type: 'INT8', data: Int8Array.from(WEIGHTS), scale: [1, 2, 3] })),
      /tensors\[1\]: quantization: expected 2 scales along axis 0, got 3/,
    ],
  ];
  for (const [file, message] of refused) {
    const error = t.throws(() => importTflite(file, 'm.tflite')) as ImportError;
    t.type(error, ImportError);
    t.match(error.message, message);
  }
});
