import t from 'tap';
import { readLop, writeLop, type LopModel } from '../../src/format/index.js';
import { crc32 } from '../../src/format/crc32.js';
import { fromF16, toF16 } from '../../src/format/f16.js';
import { tinyModel, weightsModel } from './models.js';

/** The tiny model with one thing about it changed. */
function changed(change: (model: LopModel) => void): LopModel {
  const model = tinyModel();
  change(model);
  return model;
}

const kernel = (model: LopModel) =>
  model.weights.get('fc/kernel') as NonNullable<ReturnType<LopModel['weights']['get']>>;
const x = (model: LopModel) => model.tensors.get('x') as NonNullable<ReturnType<LopModel['tensors']['get']>>;

const WRONG: [what: string, change: (model: LopModel) => void, error: RegExp][] = [
  [
    'a tensor under another name',
    (m) => (x(m).name = 'z'),
    /tensor 'x': expected to be listed under its name, got name 'z'/,
  ],
  ['rank 7', (m) => (x(m).shape = [1, 1, 1, 1, 1, 1, 1]), /shape: expected at most 6/],
  ['a dimension of 0', (m) => (x(m).shape = [0]), /whole numbers of at least 1, got \[0\]/],
  ['2^31 elements', (m) => (x(m).shape = [65536, 32768]), /below 2147483648 elements/],
  ['an activation of i32', (m) => (x(m).dtype = 'i32'), /dtype: expected one of f32, i8, got 'i32'/],
  [
    'int8 without scale',
    (m) => (x(m).dtype = 'i8'),
    /expected quantization exactly where dtype is i8, got none/,
  ],
  ['f32 with scale', (m) => (x(m).quantization = { scale: 1, zeroPoint: 0 }), /got it for f32/],
  [
    'a scale that is no f32',
    (m) => Object.assign(x(m), { dtype: 'i8', quantization: { scale: 0.1, zeroPoint: 0 } }),
    /scale: expected a positive f32 \(use Math.fround\), got 0.1/,
  ],
  [
    'a zero point of 128',
    (m) => Object.assign(x(m), { dtype: 'i8', quantization: { scale: 1, zeroPoint: 128 } }),
    /-128..127, got 128/,
  ],
  [
    'data of another length',
    (m) => (kernel(m).data = new Float32Array(7)),
    /data: expected 8 values for \[2,4\], got 7/,
  ],
  [
    'data of another type',
    (m) => (kernel(m).data = new Int8Array(8)),
    /data: expected Float32Array for f32, got \[object Int8Array\]/,
  ],
  ['NaN', (m) => (kernel(m).data[3] = NaN), /value 3: expected a finite number, got NaN/],
  [
    'a block of 0',
    (m) => (kernel(m).block = [0, 1]),
    /block: expected two whole numbers in 1..255, got \[0,1\]/,
  ],
  [
    'an input from nowhere',
    (m) => (m.nodes[0].inputs = ['z']),
    /input: expected a tensor made before it, got 'z'/,
  ],
  [
    'a weight from nowhere',
    (m) => (m.nodes[0].weights = { kernel: 'z' }),
    /kernel: expected the name of a weight, got 'z'/,
  ],
  ['an output from nowhere', (m) => (m.nodes[0].outputs = ['z']), /expected the name of a tensor, got 'z'/],
  [
    'a tensor made twice',
    (m) => (m.nodes[0].outputs = ['x']),
    /tensor 'x': expected one producer, got a second/,
  ],
  ['a tensor made never', (m) => (m.nodes = []), /outputs: expected a tensor that is made, got 'y'/],
  [
    'an unused tensor',
    (m) => m.tensors.set('z', { name: 'z', shape: [1], dtype: 'f32' }),
    /tensor 'z': expected a producer, got none/,
  ],
  ['two nodes of one name', (m) => m.nodes.push(m.nodes[0]), /node 'fc': expected a unique name/],
  [
    'no inputs',
    (m) => Object.assign(m, { inputs: [], nodes: [] }),
    /inputs: expected at least one, got none/,
  ],
  ['no outputs', (m) => (m.outputs = []), /outputs: expected at least one, got none/],
  [
    'an attribute that is no f32',
    (m) => (m.nodes[0].attributes.rate = 0.1),
    /rate: expected an i32 or an exact f32/,
  ],
  [
    'an infinite attribute',
    (m) => (m.nodes[0].attributes.rate = Infinity),
    /rate: expected an i32 or an exact f32/,
  ],
  ['a list of fractions', (m) => (m.nodes[0].attributes.pads = [0.5]), /pads: expected at most 255 i32/],
  [
    'an attribute of another kind',
    (m) => Object.assign(m.nodes[0].attributes, { on: true }),
    /on: expected a number, a list of numbers or a string, got boolean/,
  ],
  ['a lone surrogate', (m) => (m.nodes[0].name = '\ud800'), /expected Unicode, got a lone surrogate/],
  ['a string too long', (m) => (m.nodes[0].name = 'a'.repeat(65536)), /expected at most 65535, got 65536/],
  [
    'too many inputs',
    (m) => (m.nodes[0].inputs = Array(256).fill('x')),
    /inputs: expected at most 255, got 256/,
  ],
];

for (const [what, change, message] of WRONG) {
  t.test(`not written: ${what}`, async (t) => {
    t.throws(() => writeLop(changed(change)), { message });
  });
}

t.test('not written: what a reader would refuse as out of proportion', async (t) => {
  const zeros = weightsModel([
    { name: 'zeros', shape: [5_000_000], dtype: 'i8', data: new Int8Array(5_000_000), block: [1, 1] },
  ]);
  t.throws(
    () => writeLop(zeros, { entropy: false }),
    /weights: expected at most \d+ elements in a file of \d+ bytes, got 5000000/,
  );
});

t.test('kinds are TypeError, values RangeError', async (t) => {
  t.throws(() => writeLop(changed((m) => (kernel(m).data = new Int8Array(8)))), TypeError);
  t.throws(() => writeLop(changed((m) => (kernel(m).data = new Float32Array(7)))), RangeError);
});

t.test('a pattern that does not follow its block keeps the blocks it touches', async (t) => {
  const data = Int8Array.of(1, 0, 0, 0, 0, 0, 0, 2);
  const model = weightsModel([{ name: 'w', shape: [2, 4], dtype: 'i8', data, block: [2, 2] }]);
  t.same(readLop(writeLop(model)).weights.get('w'), model.weights.get('w'));
});

t.test('f16: every value there and back', async (t) => {
  for (let half = 0; half < 65536; half++) {
    const value = fromF16(half);
    if (!Number.isNaN(value) && toF16(value) !== half) return t.fail(`0x${half.toString(16)}: ${value}`);
  }
  t.equal(fromF16(0x3c00), 1);
  t.equal(fromF16(0x0001), 2 ** -24);
  t.equal(fromF16(0xfbff), -65504);
  t.equal(toF16(65536), 0x7c00);
});

t.test('crc32 is the common one', async (t) => {
  t.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
  t.equal(crc32(new Uint8Array(0)), 0);
});
