/** A quantized model's own int8, kept: against TensorFlow Lite itself (see golden.ts), and what the graph looks like. */
import t from 'tap';
import { weightsOf, type Graph } from '../../../src/graph/index.js';
import { importTflite } from '../../../src/import/tflite.js';
import { runReference } from '../../../src/reference/index.js';
import { modelOf, valuesOf, type Case } from './cases.js';
import { goldenOf } from './golden.js';
import { INT8_CASES } from './int8-cases.js';
import { writeTflite, type ModelSpec } from './write.js';

const golden = await goldenOf('golden-int8.json', INT8_CASES);

/** Share of values that may be one quantum off, where TFLite rounds otherwise than FORMAT.md; elsewhere none is. */
const ONE_OFF: Record<string, number> = {
  // A kernel made symmetric anew.
  'CONV_2D uint8, a kernel that does not': 0.2,
  // Fixed-point multipliers, halves away from zero.
  ADD: 0.05,
  SUB: 0.05,
  MUL: 0.05,
  'ADD relu6, a constant of one value a channel': 0.05,
  AVERAGE_POOL_2D: 0.15,
  // XNNPACK multiplies by a slope of 8 bits.
  LEAKY_RELU: 0.1,
};

for (const testCase of INT8_CASES) {
  t.test(testCase.name, async (t) => {
    const graph = importTflite(modelOf(testCase), testCase.name, { quantized: 'keep' });
    const [got] = runReference(graph, valuesOf(testCase));
    const [want] = golden.get(testCase.name)!;
    const [scale] = testCase.outputs[0].scale ?? [2 ** -18];
    const off = Array.from(want, (y, i) => Math.abs(got[i] - y) / scale);
    const allowed = ONE_OFF[testCase.name] ?? 0;
    // What stays f32 (softmax) is not rounded to the scale: half a quantum.
    t.ok(Math.max(...off) < (allowed > 0 ? 1.001 : 0.51), `at most ${Math.max(...off)} quanta off`);
    const share = off.filter((quanta) => quanta > 0.51).length / off.length;
    t.ok(share <= allowed, `${share} of them one off`);
  });
}

function kept(testCase: Case): Graph {
  return importTflite(modelOf(testCase), testCase.name, { quantized: 'keep' });
}

function caseOf(name: string): Case {
  return INT8_CASES.find((testCase) => testCase.name === name)!;
}

t.test('scales, stored weights and biases are those of the file', async (t) => {
  const testCase = caseOf('CONV_2D per channel, SAME');
  const graph = kept(testCase);
  t.same(
    graph.nodes.map(({ op }) => op),
    ['quantize', 'conv2d', 'dequantize'],
  );
  const [, node] = graph.nodes;
  const { kernel, bias, scale } = weightsOf(graph, node);
  const [, foreignKernel, foreignBias] = testCase.inputs;
  t.same(kernel.data, foreignKernel!.data);
  t.same(bias.data, foreignBias!.data);
  t.same(scale.data, Float32Array.from(foreignKernel!.scale!));
  t.same(graph.tensors.get(node.inputs[0])!.quantization, { scale: Math.fround(0.03), zeroPoint: 5 });
  t.same(graph.tensors.get(node.outputs[0])!.quantization, { scale: Math.fround(0.05), zeroPoint: -10 });
});

t.test('uint8 counts from -128', async (t) => {
  const graph = kept(caseOf('CONV_2D uint8, a kernel that fits int8'));
  const [, node] = graph.nodes;
  t.same(graph.tensors.get(node.inputs[0])!.quantization, { scale: Math.fround(0.03), zeroPoint: -8 });
  const { data } = caseOf('CONV_2D uint8, a kernel that fits int8').inputs[1]!;
  t.same(
    weightsOf(graph, node).kernel.data,
    Int8Array.from(data as Uint8Array, (w) => w - 100),
  );
});

t.test('a uint8 input records what its bytes mean', async (t) => {
  const { preprocessing } = kept(caseOf('CONV_2D uint8, a kernel that fits int8')).metadata;
  t.same(preprocessing, { scale: Math.fround(0.03), offset: Math.fround(-Math.fround(0.03) * 120) });
  t.notOk('preprocessing' in kept(caseOf('FULLY_CONNECTED')).metadata);
});

/** Two tensors of 4 values, of different scales. */
function pair(code: string, output: ModelSpec['tensors'][number], options = {}): ModelSpec {
  return {
    tensors: [
      { name: 'a', shape: [1, 4], type: 'UINT8', scale: [0.5], zeroPoint: [128] },
      { name: 'b', shape: [1, 4], type: 'UINT8', scale: [0.25], zeroPoint: [100] },
      output,
    ],
    operators: [{ code, inputs: [0, 1], outputs: [2], options }],
    inputs: [0, 1],
    outputs: [2],
  };
}

t.test('what has one scale gets it from a table', async (t) => {
  const spec = pair(
    'CONCATENATION',
    { name: 'y', shape: [1, 8], type: 'UINT8', scale: [0.5], zeroPoint: [128] },
    { 0: { int32: 1 } },
  );
  const graph = importTflite(writeTflite(spec), 'm.tflite', { quantized: 'keep' });
  t.same(graph.nodes.map(({ op }) => op).toSorted(), [
    'concat',
    'dequantize',
    'lookup',
    'quantize',
    'quantize',
  ]);
  const [y] = runReference(graph, [Float32Array.of(1, 2.5, -3, 63), Float32Array.of(1.25, 2.75, -3, 38.75)]);
  t.same(Array.from(y), [1, 2.5, -3, 63, 1.5, 3, -3, 39], 'quarters go to the half above');
});

t.test('what has no int8 form computes in f32 between', async (t) => {
  const spec = pair('DIV', { name: 'y', shape: [1, 4], type: 'UINT8', scale: [0.5], zeroPoint: [0] });
  spec.tensors.push({ name: 'z', shape: [1, 4], type: 'UINT8', scale: [0.5], zeroPoint: [0] });
  spec.operators.push({ code: 'RELU', inputs: [2], outputs: [3] });
  spec.outputs = [3];
  const graph = importTflite(writeTflite(spec), 'm.tflite', { quantized: 'keep' });
  t.same(
    graph.nodes.map(({ op }) => op),
    ['div', 'quantize', 'relu', 'dequantize'],
  );
  const [z] = runReference(graph, [Float32Array.of(1, 9, -3, 8), Float32Array.of(4, 2, 1, 3)]);
  t.same(Array.from(z), [0, 4.5, 0, 2.5]);
});

t.test('dequantized, a clamp that only the range says stays', async (t) => {
  const conv = caseOf('CONV_2D per channel, SAME');
  const behind = (scale: number, zeroPoint: number): string => {
    const outputs = [{ ...conv.outputs[0], scale: [scale], zeroPoint: [zeroPoint] }];
    const graph = importTflite(modelOf({ ...conv, outputs }), 'm.tflite');
    return graph.nodes[0].attributes.activation as string;
  };
  t.equal(behind(6 / 255, -128), 'relu6');
  t.equal(behind(6.01 / 255, -128), 'relu6', 'half a step beside');
  t.equal(behind(5 / 255, -128), 'relu');
  t.equal(behind(6 / 255, -127), 'linear');
});

t.test('a zero point beyond its type is refused', async (t) => {
  const spec = pair('ADD', { name: 'y', shape: [1, 4], type: 'INT8', scale: [0.5], zeroPoint: [200] });
  t.throws(() => importTflite(writeTflite(spec), 'm.tflite'), {
    message: /tensors\[2\]: zero_point: expected a value of INT8, got 200/,
  });
});
