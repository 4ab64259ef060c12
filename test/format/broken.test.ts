import t from 'tap';
import { LopError, readLop, writeLop, type LopErrorCode } from '../../src/format/index.js';
import { tinyModel } from './models.js';
import { assemble, patch, sectionsOf, withSection } from './surgery.js';

/** The file of FORMAT.md; offsets below are those of its hex lines. */
const file = writeLop(tinyModel(), { entropy: false });
const AT = {
  version: 4,
  sections: 6,
  bytes: 8,
  table: 12,
  strings: 52,
  tensors: 108,
  weights: 126,
  nodes: 164,
  crc: 215,
};
const KIND = { strings: 1, tensors: 2, weights: 3, nodes: 4, metadata: 5 };

const u16 = (value: number): number[] => [value & 255, value >> 8];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
const f32 = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];
const text = (value: string): number[] => [...new TextEncoder().encode(value)];

const DTYPE = { f32: 0, i8: 1, i32: 2 };
interface Record {
  dtype?: keyof typeof DTYPE;
  dims?: number[];
  block?: [number, number];
  /** Positions, values, coding. */
  encodings?: [number, number, number];
  kept?: number;
  positions?: number[];
  values?: number[];
}

/** The tiny file with another record for its weight: by default [2, 4] i8, all kept, plain. */
function withWeight(record: Record): Uint8Array {
  const { dtype = 'i8', dims = [2, 4], block = [1, 1], encodings = [0, 0, 0] } = record;
  const { kept = 8, positions = [], values = [1, 2, 3, 4, 5, 6, 7, 8] } = record;
  return withSection(file, KIND.weights, [
    ...u16(1),
    ...u16(2),
    DTYPE[dtype],
    dims.length,
    ...dims.flatMap(u32),
    ...block,
    ...encodings,
    ...u32(kept),
    ...u32(positions.length),
    ...u32(values.length),
    ...positions,
    ...values,
  ]);
}

/** The tiny file with another node section: inputs [0], outputs [1], and `nodes`, each already bytes. */
function withNodes(nodes: number[][], inputs = [0], outputs = [1]): Uint8Array {
  return withSection(file, KIND.nodes, [
    ...u16(inputs.length),
    ...inputs.flatMap(u16),
    ...u16(outputs.length),
    ...outputs.flatMap(u16),
    ...u16(nodes.length),
    ...nodes.flat(),
  ]);
}

/** One node: op 'dense', name `name`, weights and attributes as (string, ...) lists. */
function node({
  name = 4,
  inputs = [0],
  outputs = [1],
  weights = [[5, 0]],
  attributes = [] as number[][],
}): number[] {
  return [
    ...u16(3),
    ...u16(name),
    inputs.length,
    outputs.length,
    weights.length,
    attributes.length,
    ...inputs.flatMap(u16),
    ...outputs.flatMap(u16),
    ...weights.flat().flatMap(u16),
    ...attributes.flat(),
  ];
}

/** Where a file is broken: its code, what of it, how the message goes on. */
const BROKEN: [LopErrorCode, string, Uint8Array, RegExp][] = [
  ['truncated', 'empty', new Uint8Array(0), /file: expected at least 16 bytes, got 0/],
  ['truncated', 'cut', file.subarray(0, 100), /file: bytes: expected 219, got 100/],
  ['magic', 'other magic', patch(file, 0, [0x50]), /0x31504f50/],
  ['version', 'other version', patch(file, AT.version, [2]), /version: expected 1, got 2/],
  ['length', 'bytes after the end', Uint8Array.from([...file, 0]), /bytes: expected 219, got 220/],
  ['checksum', 'one flipped bit', file.map((byte, i) => (i === 60 ? byte ^ 1 : byte)), /CRC32: expected 0x/],
  ['truncated', 'more sections than bytes', patch(file, AT.sections, u16(65535)), /8 before|before its end/],
  [
    'section',
    'a longer section',
    patch(file, AT.table + 4, u32(57)),
    /together: expected 219 bytes, got 220/,
  ],
  [
    'section',
    'no nodes',
    assemble(sectionsOf(file).filter(({ kind }) => kind !== KIND.nodes)),
    /sections nodes/,
  ],
  [
    'section',
    'one twice',
    assemble(sectionsOf(file).flatMap((one) => [one, one])),
    /above 1, in order, got 1/,
  ],
  ['section', 'wrong order', assemble(sectionsOf(file).reverse()), /in order, got 4/],
  [
    'trailing',
    'a byte after the strings',
    withSection(file, KIND.strings, [...u16(0), 7]),
    /end after 2 bytes, got 1 more/,
  ],
  [
    'truncated',
    'a string without end',
    withSection(file, KIND.strings, [...u16(1), ...u16(9), 65]),
    /9 more bytes/,
  ],
  ['utf8', 'a string of other bytes', patch(file, AT.strings + 4, [0xff]), /string 0: expected UTF-8/],
  [
    'index',
    'a name past the strings',
    patch(file, AT.tensors + 2, u16(8)),
    /string: expected below 8, got 8/,
  ],
  ['dtype', 'a dtype of 3', patch(file, AT.tensors + 4, [3]), /dtype: expected below 3, got 3/],
  ['dtype', 'an activation of i32', patch(file, AT.tensors + 4, [2]), /expected f32 or i8, got i32/],
  ['rank', 'rank 7', patch(file, AT.tensors + 5, [7]), /at most 6, got 7/],
  ['dimension', 'dimension 0', patch(file, AT.tensors + 6, u32(0)), /at least 1, got \[0\]/],
  [
    'dimension',
    '2^31 elements',
    patch(file, AT.tensors + 6, u32(2 ** 31)),
    /below 2147483648, got 2147483648/,
  ],
  [
    'name',
    'two tensors of one name',
    patch(file, AT.tensors + 10, u16(0)),
    /tensor 'x': expected a unique name/,
  ],
  ['limit', 'more tensors than 8192', patch(file, AT.tensors, u16(8193)), /at most 8192, got 8193/],
  [
    'limit',
    'weights out of proportion',
    withWeight({ dims: [1000, 100000], kept: 0, encodings: [2, 0, 0], values: [] }),
    /got 100000000/,
  ],
  ['block', 'block 0x1', withWeight({ block: [0, 1] }), /sides of at least 1, got \[0,1\]/],
  ['encoding', 'positions 4', withWeight({ encodings: [4, 0, 0] }), /positions: expected below 4, got 4/],
  ['encoding', 'values 5', withWeight({ encodings: [0, 5, 0] }), /values: expected below 5, got 5/],
  [
    'encoding',
    'f16 for i8',
    withWeight({ encodings: [0, 2, 0] }),
    /values of i8: expected plain, nibbles, codebook, got f16/,
  ],
  [
    'encoding',
    'range coded gaps',
    withWeight({ encodings: [2, 0, 1] }),
    /coding for gaps positions: expected 0 or 2, got 1/,
  ],
  ['encoding', 'modelled, not range coded', withWeight({ encodings: [3, 0, 0] }), /expected 1 or 3, got 0/],
  ['encoding', 'range coded nibbles', withWeight({ encodings: [0, 1, 2] }), /range coded values of i8/],
  ['positions', 'all, but fewer kept', withWeight({ kept: 7 }), /kept blocks: expected 8, got 7/],
  ['positions', 'all, with bytes', withWeight({ positions: [1] }), /bytes of positions: expected 0, got 1/],
  ['positions', 'more kept than blocks', withWeight({ kept: 9, encodings: [1, 0, 0] }), /at most 8, got 9/],
  [
    'positions',
    'a short bitmap',
    withWeight({ kept: 8, encodings: [1, 0, 0] }),
    /bytes of positions: expected 1, got 0/,
  ],
  [
    'positions',
    'bitmap keeps more',
    withWeight({ kept: 2, encodings: [1, 0, 0], positions: [7] }),
    /kept blocks: expected 2, got 3/,
  ],
  [
    'positions',
    'bits after the bitmap',
    withWeight({ dims: [7], kept: 1, encodings: [1, 0, 0], positions: [0x81], values: [1] }),
    /after the last block/,
  ],
  [
    'positions',
    'a gap past the end',
    withWeight({ kept: 1, encodings: [2, 0, 0], positions: [8], values: [1] }),
    /kept block: expected below 8, got 8/,
  ],
  [
    'positions',
    'a gap that goes on',
    withWeight({ kept: 0, encodings: [2, 0, 0], positions: [255], values: [] }),
    /last gap/,
  ],
  [
    'positions',
    'gaps keep fewer',
    withWeight({ kept: 2, encodings: [2, 0, 0], positions: [3], values: [1, 2] }),
    /expected 2, got 1/,
  ],
  [
    'positions',
    'a modelled bitmap too long',
    withWeight({ kept: 0, encodings: [3, 0, 1], positions: [1, 2, 3, 4, 5, 6, 7], values: [] }),
    /range coded positions: expected \d bytes, got 7/,
  ],
  ['values', 'too few', withWeight({ values: [1, 2, 3] }), /bytes of values: expected 8, got 3/],
  [
    'values',
    'nibbles with padding',
    withWeight({ dims: [7], kept: 7, encodings: [0, 1, 0], values: [0, 0, 0, 0x10] }),
    /after the last value/,
  ],
  ['values', 'a codebook cut', withWeight({ encodings: [0, 4, 0], values: [3, 1, 2] }), /at least 5, got 3/],
  ['values', 'no codebook', withWeight({ encodings: [0, 4, 0], values: [] }), /at least 1, got 0/],
  [
    'values',
    'an index past the codebook',
    withWeight({ encodings: [0, 4, 0], values: [2, 1, 2, 3, 0xff, 0xff] }),
    /codebook index: expected below 3, got 3/,
  ],
  [
    'values',
    'coded, too long',
    withWeight({ encodings: [0, 0, 2], values: Array(30).fill(1) }),
    /range coded values: expected \d+ bytes, got 30/,
  ],
  [
    'values',
    'coded, no i8',
    withWeight({ encodings: [0, 0, 2], values: Array(8).fill(0) }),
    /8 bits, got more/,
  ],
  [
    'values',
    'coded, too short',
    withWeight({ dtype: 'f32', dims: [900], kept: 900, encodings: [0, 0, 2], values: [9, 8] }),
    /expected \d+ or more bytes, got 2/,
  ],
  [
    'not_finite',
    'NaN',
    withWeight({ dtype: 'f32', dims: [1], kept: 1, values: f32(NaN) }),
    /value 0: expected a finite number, got NaN/,
  ],
  [
    'not_finite',
    'infinity in f16',
    withWeight({ dtype: 'f32', dims: [1], kept: 1, encodings: [0, 2, 0], values: [0, 0x7c] }),
    /got Infinity/,
  ],
  [
    'quantization',
    'scale 0',
    withSection(file, KIND.tensors, [...u16(1), ...u16(0), 1, 0, ...f32(0), 0]),
    /scale: expected a positive finite number, got 0/,
  ],
  [
    'quantization',
    'scale NaN',
    withSection(file, KIND.tensors, [...u16(1), ...u16(0), 1, 0, ...f32(NaN), 0]),
    /got NaN/,
  ],
  ['count', 'no inputs', withNodes([], [], [1]), /inputs: expected at least 1, got 0/],
  ['count', 'no outputs', withNodes([], [0], []), /outputs: expected at least 1, got 0/],
  [
    'index',
    'an input past the tensors',
    withNodes([node({ inputs: [2] })]),
    /input: tensor: expected below 2, got 2/,
  ],
  [
    'index',
    'a weight past the weights',
    withNodes([node({ weights: [[5, 1]] })]),
    /kernel: weight: expected below 1, got 1/,
  ],
  [
    'order',
    'an input made later',
    withNodes([node({ inputs: [1] })]),
    /input: expected a tensor made before it, got 'y'/,
  ],
  [
    'producer',
    'a tensor made twice',
    withNodes([node({ outputs: [0] })]),
    /tensor 'x': expected one producer, got a second/,
  ],
  ['producer', 'a tensor made never', withNodes([]), /tensor 'y': expected one producer, got 0/],
  [
    'name',
    'two nodes of one name',
    withNodes([node({}), node({ outputs: [] })]),
    /node 'fc': expected a unique name/,
  ],
  [
    'role',
    'a role twice',
    withNodes([
      node({
        weights: [
          [5, 0],
          [5, 0],
        ],
      }),
    ]),
    /role 'kernel': expected once/,
  ],
  [
    'attribute',
    'a key twice',
    withNodes([
      node({
        attributes: [
          [6, 0, 2, 0],
          [6, 0, 2, 0],
        ],
      }),
    ]),
    /'activation': expected once/,
  ],
  [
    'attribute',
    'a type of 4',
    withNodes([node({ attributes: [[6, 0, 4]] })]),
    /type: expected below 4, got 4/,
  ],
  [
    'attribute',
    'an infinite f32',
    withNodes([node({ attributes: [[6, 0, 1, ...f32(Infinity)]] })]),
    /a finite number, got Infinity/,
  ],
  ['metadata', 'no JSON', withSection(file, KIND.metadata, text('{"a":')), /metadata: expected JSON/],
  [
    'metadata',
    'no object',
    withSection(file, KIND.metadata, text('[1]')),
    /expected a JSON object, got an array/,
  ],
  ['utf8', 'metadata of other bytes', withSection(file, KIND.metadata, [0xc0]), /metadata: expected UTF-8/],
];

for (const [code, what, bytes, message] of BROKEN) {
  t.test(`${code}: ${what}`, async (t) => {
    t.throws(() => readLop(bytes), { name: 'LopError', code });
    try {
      readLop(bytes);
    } catch (error) {
      t.match((error as LopError).message, message);
    }
  });
}

t.test('the surgery itself breaks nothing', async (t) => {
  t.same(assemble(sectionsOf(file)), file);
  t.ok(readLop(withWeight({})));
  t.ok(readLop(withNodes([node({})])));
});

t.test('unknown sections are skipped wherever they stand', async (t) => {
  const unknown = { kind: 77, bytes: Uint8Array.of(1, 2, 3) };
  const sections = sectionsOf(file);
  for (let at = 0; at <= sections.length; at++) {
    t.same(readLop(assemble(sections.toSpliced(at, 0, unknown, unknown))), tinyModel());
  }
});

t.test('every prefix and every flipped bit is refused', async (t) => {
  for (let length = 0; length < file.length; length++) {
    t.throws(() => readLop(file.subarray(0, length)), LopError);
  }
  for (let bit = 0; bit < 8 * file.length; bit++) {
    const flipped = file.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    if (!refuses(flipped)) return t.fail(`bit ${bit} goes unseen`);
  }
});

function refuses(bytes: Uint8Array): boolean {
  try {
    readLop(bytes);
    return false;
  } catch (error) {
    return error instanceof LopError;
  }
}
