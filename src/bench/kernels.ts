/**
 * Speed of the int8 and f32 kernels alone, in GOP/s (a multiply and an add are two operations), against a loop of nothing
 * but dots and adds on registers. `node dist/bench/kernels.js [--json] [--build simd128|relaxed-simd] [--runs N]`; the
 * test build of `npm run build:wasm` must be there. Figures of shared machines are noisy: compare within one run.
 */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { measureLatency, type Contestant } from './latency.js';

type Kernels = Record<string, (...args: number[]) => number>;

/** One kernel on one program: what to call, and how many operations that is. */
interface Case extends Contestant {
  density: number;
  operations: number;
}

/** Bytes and entries of a program, and how many of its weights one pixel meets. */
interface ProgramShape {
  kernel: string;
  header: number;
  entry: number;
  lists: number;
  weights: number;
  f32: boolean;
}

const SPMM: ProgramShape[] = [
  { kernel: 'qs8_spmm_1x2', header: 24, entry: 8, lists: 2, weights: 2, f32: false },
  { kernel: 'qs8_spmm_2x2', header: 20, entry: 12, lists: 1, weights: 4, f32: false },
  { kernel: 'qs8_spmm_4x2', header: 36, entry: 20, lists: 1, weights: 8, f32: false },
  { kernel: 'f32_spmm_1x1', header: 8, entry: 8, lists: 1, weights: 1, f32: true },
  { kernel: 'f32_spmm_2x1', header: 12, entry: 12, lists: 1, weights: 2, f32: true },
];
const DENSITIES = [1, 0.25, 0.1, 0.05];

/** A 1x1 convolution of 28x28 pixels and 256 input channels: fits the second-level cache, as most layers do. */
const PIXELS = 784;
const CHANNELS = 256;
const PLANE_BYTES = 4 * PIXELS;
const INPUTS = 1 << 21;
const OUTPUT = 4096;

/** The memory of an instance: outputs at the bottom, then programs one after another, inputs from the third MiB on. */
class Workbench {
  readonly k: Kernels;
  private readonly view: DataView;
  private top = OUTPUT + 4 * PLANE_BYTES;
  private state = 1;

  constructor(module: WebAssembly.Module) {
    const { exports } = new WebAssembly.Instance(module);
    const memory = exports.memory as WebAssembly.Memory;
    memory.grow(64);
    this.k = exports as unknown as Kernels;
    this.view = new DataView(memory.buffer);
    for (let at = INPUTS; at < memory.buffer.byteLength; at += 4) {
      this.view.setFloat32(at, this.next() - 0.5, true);
    }
  }

  /** A linear congruential generator (Numerical Recipes' constants): the same lists on every machine. */
  next(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return this.state / 2 ** 32;
  }

  /** A zeroed program of `bytes`. */
  program(bytes: number): { at: number; view: DataView } {
    const at = this.top;
    this.top += (bytes + 63) & ~63;
    if (this.top > INPUTS)
      throw new RangeError(`programs: expected at most ${INPUTS} bytes, got ${this.top}`);
    return { at, view: new DataView(this.view.buffer, at, bytes) };
  }

  /** Which of `n` inputs are kept at `density`. */
  kept(n: number, density: number): number[] {
    return Array.from({ length: n }, (_, i) => i).filter(() => this.next() < density);
  }
}

function spmm(bench: Workbench, shape: ProgramShape, density: number): Case {
  const { kernel, header, entry, lists, weights, f32 } = shape;
  const planes = f32 ? CHANNELS : CHANNELS / 2;
  const kept = Array.from({ length: lists }, () => bench.kept(planes, density));
  const entries = kept.flat();
  const { at, view } = bench.program(header + entries.length * entry);
  kept.forEach((list, i) => view.setInt32(4 * i, list.length, true));
  entries.forEach((plane, i) => view.setInt32(header + i * entry, plane * (f32 ? 4 : 2) * PIXELS, true));
  const range = f32 ? [-Infinity, Infinity] : [0, -128, 127];
  const second = kernel === 'qs8_spmm_4x2' || kernel === 'f32_spmm_2x1' ? [OUTPUT + PLANE_BYTES] : [];
  const args = [PIXELS, INPUTS, at, OUTPUT, ...second, ...range];
  const run = bench.k[kernel];
  return {
    name: kernel,
    density,
    operations: 2 * entries.length * weights * PIXELS,
    run: () => void run(...args),
  };
}

/** Depthwise 3x3: nine taps, in five pairs. */
function dwconv(bench: Workbench): Case {
  const { at, view } = bench.program(20 + 5 * 16);
  view.setInt32(0, 5, true);
  for (let i = 0; i < 10; i++) {
    const tap = Math.min(i, 8);
    view.setInt32(20 + 16 * (i >> 1) + 4 * (i & 1), 2 * (30 * Math.floor(tap / 3) + (tap % 3)), true);
  }
  const { qs8_dwconv } = bench.k;
  const run = () => void qs8_dwconv(PIXELS, INPUTS, at, OUTPUT, 0, -128, 127);
  return { name: 'qs8_dwconv', density: 1, operations: 2 * 9 * 2 * PIXELS, run };
}

/** 64 groups of 4 outputs of a vector of 512 pairs (or f32): dense, more weights than the first-level cache holds. */
function gemv(bench: Workbench, kernel: string, density: number): Case {
  const f32 = kernel === 'f32_gemv_4x1';
  const groups = Array.from({ length: 64 }, () => bench.kept(512, density));
  const sizes = groups.map(({ length: n }) => (f32 ? 20 + 20 * n : 36 + ((2 * n + 3) & ~3) + 8 * n));
  const { at, view } = bench.program(sizes.reduce((a, b) => a + b, 0));
  let offset = 0;
  groups.forEach((kept, group) => {
    view.setInt32(offset, kept.length, true);
    kept.forEach((index, i) => {
      if (f32) view.setInt32(offset + 20 + 4 * i, 4 * index, true);
      else view.setUint16(offset + 36 + 2 * i, index, true);
    });
    offset += sizes[group];
  });
  const range = f32 ? [-Infinity, Infinity] : [0, -128, 127];
  const multiply = bench.k[kernel];
  const run = () => {
    let w = at;
    for (let group = 0; group < 64; group++) w = multiply(INPUTS, w, OUTPUT + 16 * group, ...range);
  };
  return { name: kernel, density, operations: 2 * groups.flat().length * (f32 ? 4 : 8), run };
}

function cases(bench: Workbench): Case[] {
  const { qs8_peak } = bench.k;
  const iterations = 10000;
  return [
    {
      name: 'qs8_peak',
      density: 1,
      operations: 128 * iterations,
      run: () => void qs8_peak(iterations, INPUTS, INPUTS, OUTPUT),
    },
    ...SPMM.flatMap((shape) => DENSITIES.map((density) => spmm(bench, shape, density))),
    dwconv(bench),
    ...['qs8_gemv_4x2', 'f32_gemv_4x1'].flatMap((name) =>
      [1, 0.1].map((density) => gemv(bench, name, density)),
    ),
  ];
}

/** Speeds of one kernel: of its median and of its fastest sample, and the latter by that of `qs8_peak`. */
interface KernelSpeed {
  kernel: string;
  density: number;
  median_gops: number;
  best_gops: number;
  of_peak: number;
}

/** Times every kernel of the compiled test build, in turns. */
async function measureKernels(module: WebAssembly.Module, runs: number): Promise<KernelSpeed[]> {
  const all = cases(new Workbench(module));
  const latencies = await measureLatency(all, { runs, sampleMs: 1 });
  const gops = (i: number, ms: number) => all[i].operations / ms / 1e6;
  const peak = gops(0, latencies[0].minMs);
  return latencies.map(({ medianMs, minMs }, i) => ({
    kernel: all[i].name,
    density: all[i].density,
    median_gops: gops(i, medianMs),
    best_gops: gops(i, minMs),
    of_peak: gops(i, minMs) / peak,
  }));
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    build: { type: 'string', default: 'simd128' },
    runs: { type: 'string', default: '40' },
  },
});
// Node 20 keeps relaxed SIMD behind a flag.
if (values.build === 'relaxed-simd') setFlagsFromString('--experimental-wasm-relaxed-simd');
const bytes = readFileSync(new URL(`../../build/kernels-${values.build}.wasm`, import.meta.url));
const results = await measureKernels(new WebAssembly.Module(bytes), Number(values.runs));
const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores`;
if (values.json)
  console.log(JSON.stringify({ machine, engine: `node ${process.version}`, build: values.build, results }));
else {
  console.log(`${machine}, node ${process.version}, ${values.build}`);
  console.table(
    results.map(({ kernel, density, median_gops, best_gops, of_peak }) => ({
      kernel,
      density,
      'GOP/s (median)': Number(median_gops.toFixed(1)),
      'GOP/s (best)': Number(best_gops.toFixed(1)),
      'of peak': Number(of_peak.toFixed(2)),
    })),
  );
}
