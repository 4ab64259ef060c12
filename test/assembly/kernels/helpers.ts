/** Runs the kernels of the test build alone, in both builds, and watches every byte they touch. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import t, { type Test } from 'tap';
import { random, SEED, type Random } from '../../helpers/random.js';

type Bytes = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Float32Array;
type Kernels = Record<string, (...sizes: number[]) => number>;

/** A tile of every pixel kernel. */
export const TILE = 16;

/** The names of the runtime's operators by their numbers, which kernels of many functions take. */
const OPERATORS = readFileSync(new URL('../../../assembly/ops/names.ts', import.meta.url), 'utf8')
  .match(/'(.+) '/)![1]
  .split(' ');

export function operator(name: string): number {
  const index = OPERATORS.indexOf(name);
  if (index < 0) throw new Error(`operator: expected one of names.ts, got ${name}`);
  return index;
}

export const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

/** The module's own constants lie below, and what a kernel keeps of a call: nothing is handed out there. */
const STATIC = 4096;

/** Equal to a tile of 16 or 8, a multiple, less, greater, one. */
export const PIXELS = [16, 8, 48, 15, 7, 17, 9, 33, 1, 100];

/** Lists: empty, one entry, around the unrolled loops, long. */
export const COUNTS = [0, 1, 2, 3, 4, 5, 7, 8, 40];

/**
 * The memory of one instance, filled with noise, that hands out room from its start, or at its very end, where a read
 * or write past the contract traps.
 */
export class Arena {
  readonly k: Kernels;
  private readonly memory: WebAssembly.Memory;
  private top = STATIC;

  constructor(
    module: WebAssembly.Module,
    private readonly r: Random,
  ) {
    const { exports } = new WebAssembly.Instance(module);
    this.k = exports as unknown as Kernels;
    this.memory = exports.memory as WebAssembly.Memory;
    this.memory.grow(4);
    this.reset();
  }

  /** New noise; forgets what was handed out. */
  reset(): void {
    this.top = STATIC;
    const words = new Uint32Array(this.memory.buffer);
    for (let i = STATIC / 4; i < words.length; i++) words[i] = Math.imul(i ^ SEED, 0x9e3779b1) ^ (i << 13);
  }

  /** Room aligned to `unit` bytes and to no more. */
  room(bytes: number, unit: number): number {
    const ptr = roundUp(this.top, 64) + unit * this.r.int(0, 15);
    this.top = ptr + bytes + 64;
    return ptr;
  }

  put(values: Bytes): number {
    return this.write(this.room(values.byteLength, values.BYTES_PER_ELEMENT), values);
  }

  /** At the end of memory. */
  putLast(values: Bytes): number {
    return this.write(this.memory.buffer.byteLength - values.byteLength, values);
  }

  i8 = (ptr: number, n: number): Int8Array => new Int8Array(this.memory.buffer.slice(ptr, ptr + n));
  i16 = (ptr: number, n: number): Int16Array => new Int16Array(this.memory.buffer.slice(ptr, ptr + 2 * n));
  i32 = (ptr: number, n: number): Int32Array => new Int32Array(this.memory.buffer.slice(ptr, ptr + 4 * n));
  f32 = (ptr: number, n: number): Float32Array =>
    new Float32Array(this.memory.buffer.slice(ptr, ptr + 4 * n));

  /** Calls `kernel` and fails where it changed a byte outside `writes` (pointer, bytes). Returns its result. */
  call(t: Test, kernel: string, args: number[], writes: [number, number][]): number {
    const before = new Uint8Array(this.memory.buffer.slice(0));
    const result = this.k[kernel](...args);
    const after = new Uint8Array(this.memory.buffer);
    before.set(after.subarray(0, STATIC));
    for (const [ptr, bytes] of writes) before.set(after.subarray(ptr, ptr + bytes), ptr);
    if (Buffer.compare(before, after) !== 0) {
      const at = before.findIndex((byte, i) => byte !== after[i]);
      t.fail(`${kernel}(${args}): wrote byte ${at}, expected only ${JSON.stringify(writes)} (SEED=${SEED})`);
    }
    return result;
  }

  private write(ptr: number, values: Bytes): number {
    new Uint8Array(this.memory.buffer).set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      ptr,
    );
    return ptr;
  }
}

function bytes(name: string): Buffer<ArrayBuffer> {
  return readFileSync(new URL(`../../../build/kernels-${name}.wasm`, import.meta.url)) as Buffer<ArrayBuffer>;
}

/** Both builds, or the baseline alone where this engine has no relaxed SIMD. Node 20 has it behind a V8 flag. */
function builds(): [name: string, module: WebAssembly.Module][] {
  const relaxed = bytes('relaxed-simd');
  if (!WebAssembly.validate(relaxed)) setFlagsFromString('--experimental-wasm-relaxed-simd');
  const names = WebAssembly.validate(relaxed) ? ['simd128', 'relaxed-simd'] : ['simd128'];
  return names.map((name) => [name, new WebAssembly.Module(bytes(name))]);
}

/** One tap test a build. */
export function kernelTest(name: string, body: (t: Test, arena: Arena, r: Random) => void): void {
  for (const [build, module] of builds()) {
    void t.test(`${name}, ${build}`, async (t) => {
      const r = random();
      body(t, new Arena(module, r), r);
    });
  }
}

/** The same for what only the relaxed build has. */
export function relaxedTest(name: string, body: (t: Test, arena: Arena, r: Random) => void): void {
  for (const [build, module] of builds()) {
    if (build !== 'relaxed-simd') continue;
    void t.test(`${name}, ${build}`, async (t) => {
      const r = random();
      body(t, new Arena(module, r), r);
    });
  }
}

/** What the relaxed build says of this engine's dots. A fresh instance: an arena's noise covers the constants that it tries them on. */
export function dotsAreRight(): boolean {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes('relaxed-simd')));
  return (exports as unknown as Kernels).dots_are_right() !== 0;
}

/** A kernel's program, field by field. */
export class Program {
  private bytes: number[] = [];

  i32 = (...values: number[]): this => this.append(new Int32Array(values));
  f32 = (...values: number[]): this => this.append(new Float32Array(values));
  i16 = (...values: number[]): this => this.append(new Int16Array(values));
  i8 = (...values: number[]): this => this.append(new Int8Array(values));

  align(to: number): this {
    while (this.bytes.length % to) this.bytes.push(0xff);
    return this;
  }

  done(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }

  private append(values: Bytes): this {
    for (const byte of new Uint8Array(values.buffer)) this.bytes.push(byte);
    return this;
  }
}

/** To the nearest whole number, halves to even, said another way than the kernels do it. */
export function nearestEven(v: number): number {
  const floor = Math.floor(v);
  const rest = v - floor;
  if (rest === 0.5) return floor % 2 === 0 ? floor : floor + 1;
  return rest < 0.5 ? floor : floor + 1;
}

export const clamp = (v: number, lo: number, hi: number): number => Math.min(hi, Math.max(lo, v));

/** FORMAT.md: `clamp(round(fround(fround(acc) * m)) + zero, lo, hi)`. */
export function requantize(acc: number, m: number, zero: number, lo: number, hi: number): number {
  return clamp(nearestEven(Math.fround(Math.fround(acc) * Math.fround(m))) + zero, lo, hi);
}

/** Random int8, or only the extremes one time in four. */
export function randomI8(r: Random, n: number): Int8Array {
  const extreme = r.next() < 0.25;
  return Int8Array.from({ length: n }, () => (extreme ? r.pick([-128, 127, 0]) : r.int(-128, 127)));
}

export function normals(r: Random, n: number): Float32Array {
  return Float32Array.from({ length: n }, () => r.normal());
}

/** Zero point and clamp of an int8 output: the whole range, or a relu6 from the zero point. */
export function randomRange(r: Random): [zero: number, lo: number, hi: number] {
  const zero = r.pick([-128, -1, 0, 5, 127, r.int(-128, 127)]);
  return r.next() < 0.5 ? [zero, -128, 127] : [zero, zero, Math.min(127, zero + r.int(0, 60))];
}

/** int8 results are equal to the last one. */
export function sameIntegers(t: Test, got: ArrayLike<number>, want: ArrayLike<number>, what: string): void {
  const at = Array.from(want).findIndex((w, i) => got[i] !== w);
  if (at < 0) t.pass(what);
  else t.fail(`${what}: element ${at}: expected ${want[at]}, got ${got[at]} (SEED=${SEED})`);
}

/** |got - want| <= bound, element by element; a failure names the worst. */
export function within(
  t: Test,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  bound: (i: number) => number,
  what: string,
): void {
  let worst = -1;
  let excess = 0;
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i]) || got[i] === want[i]) continue;
    const error = Math.abs(got[i] - want[i]) - bound(i);
    if (!(error <= excess)) {
      excess = error;
      worst = i;
    }
  }
  if (worst < 0) t.pass(what);
  else
    t.fail(
      `${what}: element ${worst}: expected ${want[worst]} +- ${bound(worst)}, got ${got[worst]} (SEED=${SEED})`,
    );
}
