/** Every way to be broken that docs/runtime.md, Errors names: one broken file each, and the instance works afterwards. */
import t from 'tap';
import { crc32 } from 'node:zlib';
import { writeLop } from '../../src/format/index.js';
import type { Graph, Node, Tensor, Weight } from '../../src/graph/graph.js';
import { random } from '../helpers/random.js';
import { Runtime } from './harness.js';
import { linearOutput, linearWeights, oneNode, tensor } from './models.js';

const CODES = {
  TRUNCATED: 1,
  MAGIC: 2,
  VERSION: 3,
  LENGTH: 4,
  CHECKSUM: 5,
  SECTION: 6,
  TRAILING: 7,
  INDEX: 8,
  DTYPE: 9,
  RANK: 10,
  DIMENSION: 11,
  NAME: 12,
  PRODUCER: 13,
  ORDER: 14,
  OPERATOR: 15,
  ATTRIBUTE: 16,
  ROLE: 17,
  ENCODING: 18,
  POSITIONS: 19,
  VALUES: 20,
  SHAPE: 21,
  QUANTIZATION: 22,
  OVERFLOW: 23,
  NOT_FINITE: 24,
  COUNT: 25,
  LIMIT: 26,
  MEMORY: 27,
  GROW: 28,
} as const;

function good(): Graph {
  const r = random();
  const x = tensor('image', [5, 5, 3], 'i8', r);
  const weights = linearWeights({ dtype: 'i8', kernel: [4, 3, 3, 3] }, r);
  return oneNode('conv2d', [x], { pads: [1, 1, 1, 1] }, weights, linearOutput(x, 27, r));
}

const plain = (graph: Graph): Uint8Array => writeLop(graph, { entropy: false });

/** A file with bytes changed by `edit`, and the checksum put right. */
function patched(edit: (bytes: Uint8Array, view: DataView) => void, graph = good()): Uint8Array {
  const bytes = plain(graph);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  edit(bytes, view);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true);
  return bytes;
}

/** Offset of section `kind` in a file with sections 1, 2, ... */
function section(view: DataView, kind: number): number {
  let at = 12 + 8 * view.getUint16(6, true);
  for (let i = 1; i < kind; i++) at += view.getUint32(12 + 8 * (i - 1) + 4, true);
  return at;
}

/** Offset of the node's record: after the lists of inputs and outputs, and the count. */
const nodeAt = (view: DataView): number => section(view, 4) + 10;

/** `good` with its parts changed. */
function changed(change: {
  node?: Partial<Node>;
  tensors?: Record<string, Partial<Tensor>>;
  weights?: Record<string, Partial<Weight>>;
}): Uint8Array {
  const graph = good();
  Object.assign(graph.nodes[0], change.node);
  for (const [name, parts] of Object.entries(change.tensors ?? {}))
    Object.assign(graph.tensors.get(name)!, parts);
  for (const [name, parts] of Object.entries(change.weights ?? {})) {
    graph.weights.set(name, { ...graph.weights.get(name)!, ...parts });
  }
  return plain(graph);
}

function reluWithOtherScale(): Uint8Array {
  const r = random();
  const y = tensor('y', [4], 'i8', r);
  return plain(
    oneNode('relu', [tensor('x', [4], 'i8', r)], {}, {}, { dtype: 'i8', quantization: y.quantization }),
  );
}

/** Two images of 100 MB from a file of a few hundred bytes. */
function hugeActivations(): Uint8Array {
  const x: Tensor = {
    name: 'x',
    shape: [10000, 10000, 1],
    dtype: 'i8',
    quantization: { scale: 1, zeroPoint: 0 },
  };
  const { dtype, quantization } = x;
  return plain(oneNode('relu', [x], {}, {}, { dtype, quantization }));
}

const zeroes = (n: number, value = 0): Float32Array => new Float32Array(n).fill(value);

const CASES: [keyof typeof CODES, string, () => Uint8Array][] = [
  ['TRUNCATED', 'no header', () => plain(good()).subarray(0, 10)],
  ['MAGIC', 'another kind of file', () => patched((bytes) => bytes.set([0x50, 0x4b, 3, 4]))],
  ['VERSION', 'version 2', () => patched((_, view) => view.setUint16(4, 2, true))],
  ['LENGTH', 'half of the file', () => plain(good()).subarray(0, 200)],
  ['LENGTH', 'a byte too many', () => Uint8Array.of(...plain(good()), 0)],
  ['CHECKSUM', 'a bit flipped', () => plain(good()).map((byte, i) => (i === 100 ? byte ^ 8 : byte))],
  ['SECTION', 'sections in another order', () => patched((_, view) => view.setUint32(12, 2, true))],
  ['SECTION', 'no nodes', () => patched((_, view) => view.setUint32(36, 99, true))],
  [
    'TRAILING',
    'a section longer than its content',
    () => patched((_, view) => view.setUint16(section(view, 2), 1, true)),
  ],
  [
    'TRUNCATED',
    'a section shorter than its content',
    () => patched((_, view) => view.setUint16(section(view, 2), 9, true)),
  ],
  [
    'INDEX',
    'a name that no string is',
    () => patched((_, view) => view.setUint16(section(view, 2) + 2, 999, true)),
  ],
  ['DTYPE', 'an activation of int32', () => patched((bytes, view) => (bytes[section(view, 2) + 4] = 2))],
  [
    'DTYPE',
    'an f32 output of an int8 convolution',
    () => changed({ tensors: { y: { dtype: 'f32', quantization: undefined } } }),
  ],
  ['RANK', 'seven dimensions', () => patched((bytes, view) => (bytes[section(view, 2) + 5] = 7))],
  [
    'DIMENSION',
    'an empty dimension',
    () => patched((_, view) => view.setUint32(section(view, 2) + 6, 0, true)),
  ],
  [
    'DIMENSION',
    'a product past 2^31',
    () => patched((_, view) => view.setUint32(section(view, 2) + 6, 1 << 30, true)),
  ],
  [
    'NAME',
    'two tensors of one name',
    () => patched((_, view) => view.setUint16(section(view, 2) + 23, 0, true)),
  ],
  [
    'PRODUCER',
    'a tensor that nothing makes',
    () => patched((_, view) => view.setUint16(nodeAt(view) + 10, 0, true)),
  ],
  [
    'ORDER',
    'a node that reads what comes later',
    () => patched((_, view) => view.setUint16(nodeAt(view) + 8, 1, true)),
  ],
  ['OPERATOR', 'an operator of the future', () => changed({ node: { op: 'attention' } })],
  [
    'ATTRIBUTE',
    'an attribute of another operator',
    () => changed({ node: { attributes: { pads: [1, 1, 1, 1], alpha: 1 } } }),
  ],
  ['ATTRIBUTE', 'a stride of zero', () => changed({ node: { attributes: { strides: [0, 1] } } })],
  [
    'ATTRIBUTE',
    'an activation of the future',
    () => changed({ node: { attributes: { activation: 'gelu' } } }),
  ],
  ['ROLE', 'no kernel', () => changed({ node: { weights: { bias: 'bias', scale: 'scale' } } })],
  ['ROLE', 'no scale', () => changed({ node: { weights: { kernel: 'kernel' } } })],
  [
    'ROLE',
    'a weight of another operator',
    () => changed({ node: { weights: { kernel: 'kernel', scale: 'scale', gamma: 'bias' } } }),
  ],
  ['SHAPE', 'an output of another size', () => changed({ tensors: { y: { shape: [5, 4, 4] } } })],
  [
    'SHAPE',
    'a bias of another length',
    () => changed({ weights: { bias: { shape: [3], data: new Int32Array(3) } } }),
  ],
  ['QUANTIZATION', 'a relu that rescales', reluWithOtherScale],
  [
    'OVERFLOW',
    'sums past 2^22 quanta',
    () =>
      changed({ tensors: { y: { dtype: 'i8', quantization: { scale: Math.fround(1e-9), zeroPoint: 0 } } } }),
  ],
  [
    'OVERFLOW',
    'a bias at the end of int32',
    () => changed({ weights: { bias: { data: new Int32Array(4).fill(2147483647) } } }),
  ],
  [
    'NOT_FINITE',
    'an infinite scale',
    () => patched((_, view) => view.setFloat32(section(view, 2) + 18, Infinity, true)),
  ],
  [
    'NOT_FINITE',
    'a scale of zero',
    () => patched((_, view) => view.setFloat32(section(view, 2) + 18, 0, true)),
  ],
  [
    'QUANTIZATION',
    'a negative scale of a weight',
    () => changed({ weights: { scale: { data: zeroes(4, -1) } } }),
  ],
  ['COUNT', 'no outputs', () => patched((_, view) => view.setUint16(section(view, 4) + 4, 0, true))],
  ['LIMIT', 'a thousand times more weights than the file can stand for', manyWeights],
  ['MEMORY', 'activations of 200 MB', hugeActivations],
];

/** One kernel of 2^27 zeros: a few hundred bytes, hours to unpack if it were a hundred of them. */
function manyWeights(): Uint8Array {
  return patched((_, view) => {
    const weight = section(view, 3) + 2;
    view.setUint32(weight + 4, 1 << 26, true);
  });
}

t.test('each broken file is refused by its code, and the next good one runs', async (t) => {
  const runtime = new Runtime('simd128-all');
  const file = plain(good());
  for (const [name, what, make] of CASES) {
    t.equal(runtime.load(make()), CODES[name], `${name}: ${what}`);
    t.equal(runtime.error().code, CODES[name]);
    t.equal(runtime.exports.describe(0, 0), 0, 'nothing is loaded');
    t.equal(runtime.load(file), 0, 'a good file loads afterwards');
  }
});

/** The kernel is the first weight: name u16, dtype, rank, 4 dims, block, then what is patched here. */
function field(view: DataView, at: number): number {
  return section(view, 3) + 2 + 20 + at;
}

t.test('broken weights', async (t) => {
  const runtime = new Runtime('simd128-all');
  const broken: [keyof typeof CODES, string, Uint8Array][] = [
    ['DIMENSION', 'a block of no outputs', patched((bytes, view) => (bytes[field(view, 0)] = 0))],
    ['ENCODING', 'positions of the future', patched((bytes, view) => (bytes[field(view, 2)] = 4))],
    ['ENCODING', 'values of the future', patched((bytes, view) => (bytes[field(view, 3)] = 5))],
    ['ENCODING', 'coding of the future', patched((bytes, view) => (bytes[field(view, 4)] = 4))],
    [
      'POSITIONS',
      'fewer kept blocks than all',
      patched((_, view) => view.setUint32(field(view, 5), 3, true)),
    ],
    [
      'POSITIONS',
      'more kept blocks than there are',
      patched((_, view) => view.setUint32(field(view, 5), 1e6, true)),
    ],
    [
      'TRUNCATED',
      'values past the section',
      patched((_, view) => view.setUint32(field(view, 13), 1e6, true)),
    ],
    ['VALUES', 'int8 as a codebook', patched((bytes, view) => (bytes[field(view, 3)] = 4))],
    ['ENCODING', 'int8 as f16', patched((bytes, view) => (bytes[field(view, 3)] = 2))],
  ];
  for (const [name, what, file] of broken) {
    t.equal(runtime.load(file), CODES[name], `${name}: ${what}`);
    t.same(runtime.error().code, CODES[name]);
  }
  t.equal(runtime.load(plain(good())), 0);
});

t.test('a failure in a node says which', async (t) => {
  const runtime = new Runtime('simd128-all');
  runtime.load(changed({ tensors: { y: { shape: [5, 4, 4] } } }));
  t.match(runtime.error(), { place: 0, expected: 5, got: 4 });
});

t.test(
  'every truncation and every flipped byte with a good checksum: refused or loaded, never a trap',
  async (t) => {
    const runtime = new Runtime('simd128-all');
    const size = plain(good()).length;
    for (let length = 0; length < size; length++) t.not(runtime.load(plain(good()).subarray(0, length)), 0);
    const r = random();
    for (let i = 0; i < 3000; i++) {
      const file = patched((bytes) => {
        for (let flips = r.int(1, 3); flips > 0; flips--) bytes[r.int(0, bytes.length - 5)] = r.int(0, 255);
      });
      if (runtime.load(file) === 0) runtime.exports.run(0, -1);
    }
    t.equal(runtime.load(plain(good())), 0);
    t.ok(runtime.exports.memory.buffer.byteLength < 160 * 2 ** 20, 'memory stays bounded');
  },
);
