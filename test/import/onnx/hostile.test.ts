/** Broken files: an ImportError that names the place, or a graph that holds together; never anything else. */
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { ImportError, importModel } from '../../../src/import/index.js';
import { checkGraph } from '../../../src/ops/check.js';
import { random, SEED } from '../../helpers/random.js';
import { needsShared, SHARED } from '../../helpers/shared.js';
import { floats } from './cases.js';
import { encode } from './encode.js';

/** 30 ms each; all 2,000 of a seed are `COUNT=2000`. */
const COUNT = Number(process.env['COUNT'] ?? 250);
const MODEL = 'models/resnet20-cifar10/resnet20.onnx';
/** Share of the flips that hit the file's first bytes, its nodes: most others only change weights. */
const STRUCTURE = 0.5;

type Outcome = 'refused' | 'imported';

/** @throws whatever is neither */
async function outcomeOf(bytes: Uint8Array): Promise<Outcome> {
  try {
    checkGraph(await importModel(bytes));
    return 'imported';
  } catch (error) {
    if (error instanceof ImportError && error.message.startsWith('model: ')) return 'refused';
    throw error;
  }
}

async function breakMany(t: Test, bytes: Uint8Array, count: number): Promise<void> {
  const r = random(SEED);
  const outcomes = { refused: 0, imported: 0 };
  for (let i = 0; i < count; i++) {
    const cut = r.next() < 0.3;
    const broken = cut ? bytes.slice(0, r.int(0, bytes.length - 1)) : bytes.slice();
    const end = r.next() < STRUCTURE ? Math.min(broken.length, 6000) : broken.length;
    if (!cut) for (let flips = r.int(1, 4); flips > 0; flips--) broken[r.int(8, end - 1)] ^= 1 << r.int(0, 7);
    broken.set(bytes.subarray(0, Math.min(8, broken.length)));
    try {
      outcomes[await outcomeOf(broken)]++;
    } catch (error) {
      t.fail(`mutation ${i}: ${String(error)} (SEED=${SEED})`);
    }
  }
  t.comment(`${outcomes.refused} refused, ${outcomes.imported} imported`);
  t.ok(outcomes.refused > count / 4);
}

t.test('broken ResNet-20', { ...needsShared(MODEL), timeout: 600_000 }, async (t) => {
  await breakMany(t, new Uint8Array(readFileSync(SHARED + MODEL)), COUNT);
});

t.test('a small model, broken everywhere', async (t) => {
  const bytes = encode(
    {
      nodes: [
        { op: 'Conv', inputs: ['x', 'w'], outputs: ['a'], attributes: { pads: [1, 1, 1, 1] } },
        { op: 'Reshape', inputs: ['a', 's'], outputs: ['b'] },
        { op: 'Softmax', inputs: ['b'], outputs: ['y'] },
      ],
      constants: { w: floats([2, 3, 3, 3]), s: { dims: [2], data: BigInt64Array.of(1n, -1n) } },
      inputs: [{ name: 'x', dims: ['N', 3, 4, 4] }],
      outputs: [{ name: 'y' }],
    },
    13,
  );
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of [0, 2, 5, 7]) {
      const broken = bytes.slice();
      broken[at] ^= 1 << bit;
      if (at < 3) continue;
      try {
        await outcomeOf(broken);
      } catch (error) {
        t.fail(`byte ${at}, bit ${bit}: ${String(error)}`);
      }
    }
  }
  t.pass(`${bytes.length} bytes, 4 bits each`);
});

t.test('messages within messages, groups and endless numbers', async (t) => {
  const start = [0x08, 8, 0x3a];
  const nested = new Uint8Array(40_000).fill(0x0a);
  const cases = {
    'a group': [...start, 3, 0x0b, 0x0b, 0x0c],
    'a length beyond the file': [...start, 0xff, 0xff, 0x7f],
    'an endless varint': [...start, ...Array.from({ length: 30 }, () => 0xff)],
    'no graph': [0x08, 8, 0x42, 4, 0x0a, 0, 0x10, 13],
    'field 0': [0x08, 8, 0x42, 0, 0x00, 1],
    nested: [...start, ...nested],
  };
  for (const [name, bytes] of Object.entries(cases)) {
    await t.rejects(importModel(Uint8Array.from(bytes)), { name: 'ImportError', code: 'format' }, name);
  }
});
