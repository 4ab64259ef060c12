/** SPACE_TO_BATCH_ND, a convolution, BATCH_TO_SPACE_ND: the same as the dilated convolution that they stand for. */
import t from 'tap';
import { importTflite } from '../../../src/import/tflite.js';
import { CONV, DEPTHWISE } from '../../../src/import/tflite/schema.js';
import { runReference } from '../../../src/reference/index.js';
import { random, SEED } from '../../helpers/random.js';
import { writeTflite, type ModelSpec, type TensorSpec } from './write.js';

const { normal } = random();
const one = { int32: 1 };
const two = { int32: 2 };

function normals(...shape: number[]): TensorSpec {
  const length = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length }, normal) };
}

function ints(shape: number[], ...values: number[]): TensorSpec {
  return { shape, type: 'INT32', data: Int32Array.from(values) };
}

/** x [1,7,8,2], a 3x3 kernel, dilation 2, SAME: pads of 2, and one row more behind, so that blocks come out even. */
function models(code: string, kernel: TensorSpec, channels: number): [dilated: ModelSpec, spaced: ModelSpec] {
  const fields = code === 'CONV_2D' ? CONV : DEPTHWISE;
  const strides = { [fields.strideH]: one, [fields.strideW]: one };
  const relu = { [fields.activation]: { int8: 1 } };
  const x = { shape: [1, 7, 8, 2] };
  const y = { shape: [1, 7, 8, channels] };
  const dilated: ModelSpec = {
    tensors: [x, kernel, y],
    operators: [
      {
        code,
        inputs: [0, 1, -1],
        outputs: [2],
        options: { ...strides, ...relu, [fields.dilationH]: two, [fields.dilationW]: two },
      },
    ],
    inputs: [0],
    outputs: [2],
  };
  const spaced: ModelSpec = {
    tensors: [
      x,
      kernel,
      y,
      ints([2], 2, 2),
      ints([2, 2], 2, 3, 2, 2),
      ints([2, 2], 0, 1, 0, 0),
      { shape: [4, 6, 6, 2] },
      { shape: [4, 4, 4, channels] },
    ],
    operators: [
      { code: 'SPACE_TO_BATCH_ND', inputs: [0, 3, 4], outputs: [6] },
      {
        code,
        inputs: [6, 1, -1],
        outputs: [7],
        options: { ...strides, ...relu, [fields.padding]: { int8: 1 } },
      },
      { code: 'BATCH_TO_SPACE_ND', inputs: [7, 3, 5], outputs: [2] },
    ],
    inputs: [0],
    outputs: [2],
  };
  return [dilated, spaced];
}

for (const [code, kernel, channels] of [
  ['CONV_2D', normals(3, 3, 3, 2), 3],
  ['DEPTHWISE_CONV_2D', normals(1, 3, 3, 4), 4],
] as const) {
  t.test(`${code}, SEED=${SEED}`, async (t) => {
    const x = Float32Array.from({ length: 7 * 8 * 2 }, normal);
    const [want, got] = models(code, kernel, channels).map((spec) => {
      return runReference(importTflite(writeTflite(spec), 'm.tflite'), [x])[0];
    });
    t.same(got, want);
  });
}

t.test('anything else between them is named', async (t) => {
  const [, spec] = models('CONV_2D', normals(3, 3, 3, 2), 3);
  spec.operators[1] = { code: 'ABS', inputs: [6], outputs: [7] };
  t.throws(() => importTflite(writeTflite(spec), 'm.tflite'), {
    message:
      /operators\[1\].*\(ABS\): between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: expected convolutions alone/,
  });
});
