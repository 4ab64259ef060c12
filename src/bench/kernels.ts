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

/** One kernel on one set of programs: what to call, and how many operations that is. */
interface Case extends Contestant {
  /** What it runs on. */
  on: string;
  density: number;
  operations: number;
}

/** Bytes of a program's header and entry, and how many of its weights one pixel meets. */
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

/** A band of planes (channel pairs, or channels of f32), 4 bytes a pixel; a list's entries are taps of planes. */
interface Band {
  name: string;
  /** Output pixels. */
  pixels: number;
  planes: number;
  /** Pixels from an output pixel to what a tap sees. */
  taps: number[];
  densities: number[];
}

/** 28x28 pixels of 256 channels: fits the second-level cache, as most layers do. */
const LAYER: Band = {
  name: '1x1, 28x28',
  pixels: 784,
  planes: 128,
  taps: [0],
  densities: [1, 0.25, 0.1, 0.05],
};
/** 16 KB, half of a first-level cache: what is left is the loop over entries, and what ends a tile. */
const CACHED: Band = { name: '1x1, 8x8', pixels: 64, planes: 64, taps: [0], densities: [1, 0.25] };
/** As many bytes in lists so long that what ends a tile is 2 % of it: the loop over entries. */
const INNER: Band = { name: 'inner loop', pixels: 16, planes: 256, taps: [0], densities: [1] };
/** A first-level cache again, but taps that do not start where a line of it does. */
const WINDOW: Band = {
  name: '3x3, 6x6',
  pixels: 48,
  planes: 48,
  taps: [0, 1, 2, 8, 9, 10, 16, 17, 18],
  densities: [1, 0.25],
};

/** Bytes from plane to plane: pixels and what taps see beyond them. */
const planeBytes = ({ pixels, taps }: Band): number => 4 * ((pixels + Math.max(...taps) + 15) & ~15);

/** Outputs of a call: planes of int8 pairs; programs one after another, as a layer has them. */
const OUTPUT_PLANES = 8;
const OUTPUT = 4096;
const OUTPUT_BYTES = 1 << 16;
const INPUTS = 1 << 21;

/** The memory of an instance: outputs at the bottom, then programs one after another, inputs from the third MiB on. */
class Workbench {
  readonly k: Kernels;
  private readonly view: DataView;
  private top = OUTPUT + OUTPUT_BYTES;
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

  /** Zeroed programs of `bytes`. */
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

/** Writes `times` programs with random lists; returns where they start, and their entries together. */
function writePrograms(
  bench: Workbench,
  { header, entry, lists }: ProgramShape,
  band: Band,
  density: number,
  times: number,
): { at: number; entries: number } {
  const programs = Array.from({ length: times }, () =>
    Array.from({ length: lists }, () => bench.kept(band.planes * band.taps.length, density)),
  );
  const entries = programs.flat(2).length;
  const { at, view } = bench.program(times * header + entries * entry);
  let offset = 0;
  for (const program of programs) {
    program.forEach((list, i) => view.setInt32(offset + 4 * i, list.length, true));
    offset += header;
    for (const unit of program.flat()) {
      const tap = band.taps[unit % band.taps.length];
      const plane = Math.floor(unit / band.taps.length);
      view.setInt32(offset, plane * planeBytes(band) + 4 * tap, true);
      offset += entry;
    }
  }
  return { at, entries };
}

function spmm(bench: Workbench, shape: ProgramShape, band: Band, density: number): Case {
  const { kernel, weights, f32 } = shape;
  const { pixels } = band;
  const times = kernel === 'qs8_spmm_4x2' || kernel === 'f32_spmm_2x1' ? OUTPUT_PLANES / 2 : OUTPUT_PLANES;
  const { at, entries } = writePrograms(bench, shape, band, density, times);
  const multiply = bench.k[kernel];
  const plane = f32 ? 4 * pixels : 2 * pixels;
  const operations = 2 * entries * weights * pixels;
  const of = { name: kernel, on: band.name, density, operations };
  if (!f32) {
    const run = () => void multiply(times, pixels, INPUTS, at, OUTPUT, plane, 0, -128, 127);
    return { ...of, run };
  }
  const each = OUTPUT_PLANES / times;
  const run = () => {
    let w = at;
    for (let y = OUTPUT; y < OUTPUT + OUTPUT_PLANES * plane; y += each * plane) {
      const ys = each === 2 ? [y, y + plane] : [y];
      w = multiply(pixels, INPUTS, w, ...ys, -Infinity, Infinity);
    }
  };
  return { ...of, run };
}

/** Depthwise filters of a side on 28x28 output pixels; operations are those of the filter, not of the zeros beside it in a zip. */
function dwconv(bench: Workbench, taps: number, stride: number): Case {
  const side = 28;
  const columns = side + taps - 1;
  const zips = Math.ceil((stride + taps) / 2);
  const { at, view } = bench.program(20 + zips * taps * 20);
  view.setInt32(0, zips * taps, true);
  for (let i = 0; i < zips * taps; i++) {
    view.setInt32(20 + 20 * i, 8 * (Math.floor(i / taps) * columns + (i % taps)), true);
  }
  const { qs8_dwconv } = bench.k;
  const beyond = OUTPUT + OUTPUT_BYTES / 2;
  const run = () =>
    void qs8_dwconv(
      1,
      side,
      side,
      INPUTS,
      0,
      8 * stride * columns,
      at,
      OUTPUT,
      0,
      2 * side,
      beyond,
      0,
      -128,
      127,
    );
  const operations = 2 * taps * taps * 2 * side * side;
  return { name: 'qs8_dwconv', on: `${taps}x${taps}, stride ${stride}`, density: 1, operations, run };
}

/** 64 groups of 4 outputs of a vector of 512 pairs (or f32): dense, more weights than the first-level cache holds. */
function gemv(bench: Workbench, kernel: string, density: number): Case {
  const f32 = kernel === 'f32_gemv_4x1';
  const groups = Array.from({ length: 64 }, () => bench.kept(512, density));
  if (!f32) for (const kept of groups) while (kept.length % 2) kept.push(0);
  const sizes = groups.map(({ length: n }) => (f32 ? 20 + 20 * n : 36 + 10 * n));
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
  const multiply = bench.k[kernel];
  const run = () => {
    let w = at;
    if (!f32) multiply(64, INPUTS, w, OUTPUT, 0, -128, 127);
    else for (let o = 0; o < 64; o++) w = multiply(INPUTS, w, OUTPUT + 16 * o, -Infinity, Infinity);
  };
  return { name: kernel, on: 'vector', density, operations: 2 * groups.flat().length * (f32 ? 4 : 8), run };
}

function cases(bench: Workbench): Case[] {
  const { qs8_peak } = bench.k;
  const iterations = 10000;
  return [
    {
      name: 'qs8_peak',
      on: 'registers',
      density: 1,
      operations: 128 * iterations,
      run: () => void qs8_peak(iterations, INPUTS, INPUTS, OUTPUT),
    },
    ...SPMM.flatMap((shape) =>
      [LAYER, CACHED, WINDOW, INNER].flatMap((band) =>
        band.densities.map((density) => spmm(bench, shape, band, density)),
      ),
    ),
    ...[
      [3, 1],
      [3, 2],
      [5, 1],
    ].map(([taps, stride]) => dwconv(bench, taps, stride)),
    ...['qs8_gemv_4x2', 'f32_gemv_4x1'].flatMap((name) =>
      [1, 0.1].map((density) => gemv(bench, name, density)),
    ),
  ];
}

/** Speeds of one kernel: of its median and of its fastest sample, and the latter by that of `qs8_peak`. */
interface KernelSpeed {
  kernel: string;
  on: string;
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
    on: all[i].on,
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
/** What a kernel's loop over entries reaches of the loop that only multiplies and adds. */
const inner = results.filter(({ kernel, on }) => on === INNER.name && kernel.startsWith('qs8'));
if (values.json)
  console.log(JSON.stringify({ machine, engine: `node ${process.version}`, build: values.build, results }));
else {
  console.log(`${machine}, node ${process.version}, ${values.build}`);
  console.table(
    results.map(({ kernel, on, density, median_gops, best_gops, of_peak }) => ({
      kernel,
      on,
      density,
      'GOP/s (median)': Number(median_gops.toFixed(1)),
      'GOP/s (best)': Number(best_gops.toFixed(1)),
      'of peak': Number(of_peak.toFixed(2)),
    })),
  );
  const ratios = inner.map(({ kernel, of_peak }) => `${kernel} ${of_peak.toFixed(2)}`);
  console.log(`inner SpMM loop / pure dot+add loop: ${ratios.join(', ')}`);
}
