import { readFile } from 'node:fs/promises';
import t from 'tap';
import { codeMask } from '../../src/format/mask-model.js';
import { RangeDecoder, RangeEncoder } from '../../src/format/range-coder.js';
import { codeIntegers, codeSymbols } from '../../src/format/value-model.js';
import { random, SEED, type Random } from '../helpers/random.js';

interface RangeModule {
  memory: WebAssembly.Memory;
  maskScratch(columns: number): bigint;
  decodeMask(src: number, bytes: number, rows: number, columns: number, dst: number, scratch: number): number;
  decodeIntegers(src: number, bytes: number, width: number, count: number, dst: number): number;
  decodeSymbols(src: number, bytes: number, bits: number, sets: number, count: number, dst: number): number;
}

const wasm = await instantiate();

async function instantiate(): Promise<RangeModule> {
  const bytes = await readFile(new URL('../../build/range.wasm', import.meta.url));
  const { instance } = await WebAssembly.instantiate(bytes);
  return instance.exports as unknown as RangeModule;
}

const SRC = 1 << 16;

/** Puts a stream at the very end of memory, so that reading past it would trap; returns its address. */
function place(stream: Uint8Array, room: number): number {
  const need = SRC + room + stream.length;
  if (wasm.memory.buffer.byteLength < need) {
    wasm.memory.grow(Math.ceil((need - wasm.memory.buffer.byteLength) / 65536));
  }
  const src = wasm.memory.buffer.byteLength - stream.length;
  new Uint8Array(wasm.memory.buffer).set(stream, src);
  return src;
}

function decodeMask(stream: Uint8Array, rows: number, columns: number): { ok: boolean; mask: Uint8Array } {
  const bytes = Math.ceil((rows * columns) / 8);
  const scratch = SRC + ((bytes + 3) & ~3);
  const src = place(stream, bytes + 4 + Number(wasm.maskScratch(columns)));
  new Uint8Array(wasm.memory.buffer, SRC, bytes).fill(0);
  const ok = wasm.decodeMask(src, stream.length, rows, columns, SRC, scratch) === 1;
  const bitmap = new Uint8Array(wasm.memory.buffer, SRC, bytes);
  return { ok, mask: Uint8Array.from({ length: rows * columns }, (_, i) => (bitmap[i >> 3] >> (i & 7)) & 1) };
}

function decodeIntegers(
  stream: Uint8Array,
  width: number,
  count: number,
): { ok: boolean; values: Int8Array | Int32Array } {
  const src = place(stream, (count * width) / 8);
  const ok = wasm.decodeIntegers(src, stream.length, width, count, SRC) === 1;
  const values =
    width === 8
      ? new Int8Array(wasm.memory.buffer, SRC, count)
      : new Int32Array(wasm.memory.buffer, SRC, count);
  return { ok, values: values.slice() };
}

function decodeSymbols(
  stream: Uint8Array,
  bits: number,
  sets: number,
  count: number,
): { ok: boolean; symbols: Uint8Array } {
  const src = place(stream, count);
  const ok = wasm.decodeSymbols(src, stream.length, bits, sets, count, SRC) === 1;
  return { ok, symbols: new Uint8Array(wasm.memory.buffer, SRC, count).slice() };
}

function encodeMask(mask: Uint8Array, rows: number, columns: number): Uint8Array {
  const encoder = new RangeEncoder();
  codeMask(encoder, mask, rows, columns);
  return encoder.finish();
}

function randomMask(r: Random, rows: number, columns: number): Uint8Array {
  const density = r.pick([0, 0.001, 0.03, 0.2, 0.5, 0.97, 1]);
  const perColumn = Array.from({ length: columns }, () => density * r.pick([1, 1, 0, 2]));
  return Uint8Array.from({ length: rows * columns }, (_, i) => (r.next() < perColumn[i % columns] ? 1 : 0));
}

t.test(`masks: runtime and TypeScript decode what was encoded (SEED=${SEED})`, async (t) => {
  const r = random();
  for (let round = 0; round < 200; round++) {
    const rows = r.pick([1, 2, 7, 40, 300]);
    const columns = r.pick([1, 2, 9, 25, 150]);
    const mask = randomMask(r, rows, columns);
    const stream = encodeMask(mask, rows, columns);
    const decoder = new RangeDecoder(stream);
    const here = new Uint8Array(mask.length);
    codeMask(decoder, here, rows, columns);
    decoder.end('positions', 'mask');
    const there = decodeMask(stream, rows, columns);
    if (!there.ok || !equal(here, mask) || !equal(there.mask, mask)) {
      return t.fail(`round ${round}: [${rows}, ${columns}]`, { ok: there.ok });
    }
  }
  t.pass('200 masks');
});

t.test(`integers of 8 and 32 bits (SEED=${SEED})`, async (t) => {
  const r = random();
  const spreads = [0, 1, 5, 40, 1e4, 1e9];
  for (let round = 0; round < 200; round++) {
    const width = r.pick([8, 32]);
    const count = r.pick([0, 1, 2, 30, 1000]);
    const spread = r.pick(spreads);
    const values = new (width === 8 ? Int8Array : Int32Array)(count);
    values.forEach((_, i) => (values[i] = Math.round(r.normal() * spread)));
    if (count > 1) values[0] = width === 8 ? -128 : -(2 ** 31);
    const encoder = new RangeEncoder();
    codeIntegers(encoder, values, width);
    const stream = encoder.finish();
    const decoder = new RangeDecoder(stream);
    const here = values.slice().fill(0);
    const fits = codeIntegers(decoder, here, width);
    decoder.end('values', 'integers');
    const there = decodeIntegers(stream, width, count);
    if (!fits || !there.ok || !equal(here, values) || !equal(there.values, values)) {
      return t.fail(`round ${round}: ${count} x ${width} bits, spread ${spread}`, { fits, ok: there.ok });
    }
  }
  t.pass('200 lists');
});

t.test(`symbols of 0 to 8 bits in 1, 2 or 4 trees (SEED=${SEED})`, async (t) => {
  const r = random();
  for (let round = 0; round < 200; round++) {
    const bits = r.int(0, 8);
    const sets = r.pick([1, 2, 4]);
    const count = r.pick([0, 1, 5, 700]);
    const most = r.int(0, 2 ** bits - 1);
    const symbols = Uint8Array.from({ length: count }, () => r.int(0, most));
    const encoder = new RangeEncoder();
    codeSymbols(encoder, symbols, bits, sets);
    const stream = encoder.finish();
    const decoder = new RangeDecoder(stream);
    const here = new Uint8Array(count);
    codeSymbols(decoder, here, bits, sets);
    decoder.end('values', 'symbols');
    const there = decodeSymbols(stream, bits, sets, count);
    if (!there.ok || !equal(here, symbols) || !equal(there.symbols, symbols)) {
      return t.fail(`round ${round}: ${count} x ${bits} bits, ${sets} trees`, { ok: there.ok });
    }
  }
  t.pass('200 lists');
});

t.test(`broken streams are refused alike, and never trap (SEED=${SEED})`, async (t) => {
  const r = random();
  const counts = { accepted: 0, refused: 0 };
  for (let round = 0; round < 2000; round++) {
    const stream = Uint8Array.from({ length: r.int(0, 40) }, () => r.pick([0, 255, r.int(0, 255)]));
    const here = tryHere(r.pick(['mask', 'integers', 'symbols']), stream, r.int(1, 60), r.int(1, 60));
    counts[here.here ? 'accepted' : 'refused']++;
    if (here.here !== here.there) return t.fail(`round ${round}: ${JSON.stringify(here)}`, { stream });
  }
  t.ok(counts.accepted > 0 && counts.refused > 0, JSON.stringify(counts));
});

t.test('a stream that is too long or half of it is refused', async (t) => {
  const mask = randomMask(random(3), 20, 30);
  const stream = encodeMask(mask, 20, 30);
  t.ok(decodeMask(stream, 20, 30).ok);
  for (const broken of [Uint8Array.from([...stream, 1]), stream.subarray(0, stream.length >> 1)]) {
    t.notOk(decodeMask(broken, 20, 30).ok);
    const decoder = new RangeDecoder(broken);
    codeMask(decoder, new Uint8Array(600), 20, 30);
    t.throws(() => decoder.end('positions', 'mask'), {
      code: 'positions',
      message: /expected \d+ (or more )?bytes, got/,
    });
  }
});

/** Whether TypeScript and the runtime take `stream` for so many values. */
function tryHere(
  kind: string,
  stream: Uint8Array,
  a: number,
  b: number,
): { kind: string; a: number; b: number; here: boolean; there: boolean } {
  const decoder = new RangeDecoder(stream);
  let fits = true;
  let there: boolean;
  if (kind === 'mask') {
    codeMask(decoder, new Uint8Array(a * b), a, b);
    there = decodeMask(stream, a, b).ok;
  } else if (kind === 'integers') {
    const width = b & 1 ? 8 : 32;
    fits = codeIntegers(decoder, width === 8 ? new Int8Array(a) : new Int32Array(a), width);
    there = decodeIntegers(stream, width, a).ok;
  } else {
    codeSymbols(decoder, new Uint8Array(a), b & 7, 2);
    there = decodeSymbols(stream, b & 7, 2, a).ok;
  }
  try {
    decoder.end('values', kind);
    return { kind, a, b, here: fits, there };
  } catch {
    return { kind, a, b, here: false, there };
  }
}

function equal(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length === b.length && Array.from({ length: a.length }, (_, i) => a[i] === b[i]).every(Boolean);
}
