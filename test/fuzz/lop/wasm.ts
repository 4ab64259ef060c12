import type { Edges } from '../coverage.js';
import type { Outcome, SyncTarget } from '../target.js';

interface Exports {
  memory: WebAssembly.Memory;
  reserve(bytes: number): number;
  load(ptr: number, bytes: number, batch: number): number;
  describe(kind: number, index: number): number;
  run(first: number, last: number): number;
  /** Of instrumented builds: scripts/fuzz/instrument-wasm.mjs. */
  drain?(ptr: number): void;
}

/** Names of the runtime's codes, assembly/error.ts in order. */
const CODES =
  'ok truncated magic version length checksum section trailing index dtype rank dimension name producer order operator attribute role encoding positions values shape quantization overflow not_finite count limit memory grow build'.split(
    ' ',
  );
/** Instances are renewed above this: linear memory never shrinks. */
const RENEW_BYTES = 4 << 20;
/** docs/runtime.md, Limits: beside four times the file; and the static data with the page that the heap ends in. */
const CONSTANT_BYTES = (64 << 20) + (2 << 16);
/** Accepted files are run below this many multiply-adds. */
const RUN_LIMIT = 1e7;
const CHECK_EVERY = 256;

/** The runtime through its ABI (docs/runtime.md): load, run what is accepted, and a good file now and then. */
export class Wasm implements SyncTarget {
  readonly name = 'wasm';
  readonly #module: WebAssembly.Module;
  readonly #good: Uint8Array;
  /** Bytes of the good file's output, in hex. */
  readonly goodOutput: string;
  #exports: Exports;
  #cases = 0;
  /** Accepted files that were run. */
  runs = 0;

  /** @param edges where an instrumented build's counters go after each file */
  constructor(
    build: Uint8Array<ArrayBuffer>,
    good: Uint8Array,
    private readonly edges?: Edges,
  ) {
    this.#module = new WebAssembly.Module(build);
    this.#exports = this.#instantiate();
    this.#good = good;
    this.goodOutput = this.#runGood();
  }

  #instantiate(): Exports {
    return new WebAssembly.Instance(this.#module).exports as unknown as Exports;
  }

  read(file: Uint8Array): Outcome {
    if (this.#exports.memory.buffer.byteLength > RENEW_BYTES) this.#exports = this.#instantiate();
    try {
      return this.#read(file);
    } catch (error) {
      this.#exports = this.#instantiate();
      throw error;
    }
  }

  #read(file: Uint8Array): Outcome {
    const code = this.#load(file);
    if (code === 0) this.#run();
    const memory = this.#exports.memory.buffer.byteLength;
    this.#drain();
    if (++this.#cases % CHECK_EVERY === 0 && this.#runGood() !== this.goodOutput) {
      throw new Error('a good file gives other outputs after broken ones');
    }
    const memoryLimit = 4 * file.length + CONSTANT_BYTES;
    return { accepted: code === 0, code: CODES[code] ?? `code ${code}`, memory, memoryLimit };
  }

  /** Between two files the memory is free. */
  #drain(): void {
    if (!this.edges || !this.#exports.drain) return;
    const ptr = this.#exports.reserve(this.edges.length);
    this.#exports.drain(ptr);
    this.edges.set(new Uint8Array(this.#exports.memory.buffer, ptr, this.edges.length));
  }

  #load(file: Uint8Array): number {
    const ptr = this.#exports.reserve(file.length);
    if (ptr === 0) throw new Error(`reserve(${file.length}): expected an address, got 0`);
    new Uint8Array(this.#exports.memory.buffer).set(file, ptr);
    return this.#exports.load(ptr, file.length, 1);
  }

  #run(): void {
    const view = new DataView(this.#exports.memory.buffer);
    let work = 0;
    for (let index = 0, at; (at = this.#exports.describe(2, index)) !== 0; index++) {
      work += view.getFloat64(at + 24, true);
    }
    if (!(work < RUN_LIMIT)) return;
    this.#exports.run(0, -1);
    this.runs++;
  }

  #runGood(): string {
    const code = this.#load(this.#good);
    if (code !== 0) throw new Error(`a good file is refused: ${CODES[code]}`);
    this.#exports.run(0, -1);
    const view = new DataView(this.#exports.memory.buffer);
    const output = this.#exports.describe(1, 0);
    const at = view.getUint32(output, true);
    return Buffer.from(this.#exports.memory.buffer, at, view.getUint32(output + 4, true)).toString('hex');
  }
}
