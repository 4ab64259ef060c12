/** Sparse kernels as TFLite stores them, and DENSIFY. The 4x4 examples are worked out by hand. */
import t from 'tap';
import { importTflite } from '../../../src/import/tflite.js';
import { sparsityTable, writeTflite, type LevelSpec, type TensorSpec } from './write.js';

/** A dense layer with a sparse kernel, straight or through DENSIFY; gives its kernel. */
function kernelOf(kernel: TensorSpec, densify = false): number[] {
  const { shape } = kernel;
  const tensors: TensorSpec[] = [
    { shape: [1, shape[1]] },
    kernel,
    { shape, type: 'FLOAT32' },
    { shape: [1, shape[0]] },
  ];
  const bytes = writeTflite({
    tensors,
    operators: [
      ...(densify ? [{ code: 'DENSIFY', inputs: [1], outputs: [2] }] : []),
      { code: 'FULLY_CONNECTED', inputs: [0, densify ? 2 : 1, -1], outputs: [3] },
    ],
    inputs: [0],
    outputs: [3],
  });
  const graph = importTflite(bytes, 'sparse.tflite');
  const node = graph.nodes.find(({ op }) => op === 'dense')!;
  return Array.from(graph.weights.get(node.weights.kernel)!.data);
}

// prettier-ignore
const MATRIX = [
  1, 0, 0, 2,
  0, 0, 0, 0,
  0, 3, 0, 0,
  4, 0, 5, 0,
];

/** MATRIX by rows: each row's columns that are not 0. */
const CSR: LevelSpec[] = [{ size: 4 }, { segments: [0, 2, 2, 3, 5], indices: [0, 3, 1, 0, 2] }];

function csr(levels: LevelSpec[], data: number[], extra: Partial<TensorSpec> = {}): TensorSpec {
  return { shape: [4, 4], data: Float32Array.from(data), sparsity: sparsityTable([0, 1], levels), ...extra };
}

t.test('rows of columns, with indices of one, two and four bytes', async (t) => {
  for (const width of [1, 2, 4] as const) {
    const levels = [CSR[0], { ...CSR[1], width }] as LevelSpec[];
    t.same(kernelOf(csr(levels, [1, 2, 3, 4, 5])), MATRIX);
  }
});

t.test('through DENSIFY', async (t) => t.same(kernelOf(csr(CSR, [1, 2, 3, 4, 5]), true), MATRIX));

t.test('columns of rows', async (t) => {
  const levels: LevelSpec[] = [{ size: 4 }, { segments: [0, 2, 3, 4, 5], indices: [0, 3, 2, 3, 0] }];
  const kernel = csr(levels, [1, 4, 3, 5, 2], { sparsity: sparsityTable([1, 0], levels) });
  t.same(kernelOf(kernel), MATRIX);
});

t.test('blocks of 2x2, the block by rows', async (t) => {
  // Blocks (0,0) and (1,1) of a 4x4 matrix.
  const levels: LevelSpec[] = [
    { size: 2 },
    { segments: [0, 1, 2], indices: [0, 1] },
    { size: 2 },
    { size: 2 },
  ];
  const sparsity = sparsityTable([0, 1, 2, 3], levels, [0, 1]);
  const data = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  // prettier-ignore
  t.same(kernelOf({ shape: [4, 4], data, sparsity }), [
    1, 2, 0, 0,
    3, 4, 0, 0,
    0, 0, 5, 6,
    0, 0, 7, 8,
  ]);
});

t.test('blocks of 1x4 along the inputs only', async (t) => {
  const levels: LevelSpec[] = [{ size: 2 }, { segments: [0, 1, 2], indices: [1, 0] }, { size: 4 }];
  const sparsity = sparsityTable([0, 1, 2], levels, [1]);
  const data = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  t.same(kernelOf({ shape: [2, 8], data, sparsity }), [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0]);
});

t.test('int8 values: what is not stored is 0', async (t) => {
  const kernel = csr(CSR, [], { type: 'INT8', data: Int8Array.of(2, 4, 6, 8, 10), scale: [0.5] });
  t.same(kernelOf(kernel), MATRIX);
});

t.test('f16 values', async (t) => {
  const kernel = csr(CSR, [], {
    type: 'FLOAT16',
    data: Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400, 0x4500),
  });
  t.same(kernelOf(kernel), MATRIX);
});

t.test('metadata that does not fit is refused, by its place', async (t) => {
  const refused: [string, TensorSpec, RegExp][] = [
    ['a value too few', csr(CSR, [1, 2, 3, 4]), /tensors\[1\]: buffer: expected 20 bytes for 5 values/],
    [
      'a column beyond',
      csr([CSR[0], { segments: [0, 2, 2, 3, 5], indices: [0, 4, 1, 0, 2] }], [1, 2, 3, 4, 5]),
      /array_indices: expected numbers below 4, got 4/,
    ],
    [
      'falling segments',
      csr([CSR[0], { segments: [0, 3, 2, 3, 5], indices: [0, 3, 1, 0, 2] }], [1, 2, 3, 4, 5]),
      /array_segments: expected rising numbers/,
    ],
    [
      'a segment too few',
      csr([CSR[0], { segments: [0, 2, 2, 3], indices: [0, 3, 1] }], [1, 2, 3]),
      /array_segments: expected 5 entries, got 4/,
    ],
    [
      'an axis twice',
      csr(CSR, [1, 2, 3, 4, 5], { sparsity: sparsityTable([0, 0], CSR) }),
      /traversal_order: expected 0 to 1 in some order, got \[0,0\]/,
    ],
    [
      'a level of another size',
      csr([{ size: 3 }, CSR[1]], [1, 2, 3, 4, 5]),
      /dim_metadata\[0\]: expected 4, got 3/,
    ],
    [
      'too large',
      { ...csr(CSR, [1, 2, 3, 4, 5]), shape: [65536, 65536] },
      /expected at most 67108864 elements/,
    ],
  ];
  for (const [name, kernel, message] of refused) {
    t.throws(() => kernelOf(kernel), { name: 'ImportError', message }, name);
  }
});
